mkdir -p files/setgid; echo a > files/suid; chmod 4755 files/suid; chmod 2775 files/setgid
