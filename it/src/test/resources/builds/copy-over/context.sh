mkdir -p new/keep; echo new > new/file; echo y > new/keep/y; chmod 755 new
