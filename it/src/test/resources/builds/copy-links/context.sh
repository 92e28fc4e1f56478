mkdir -p tree/dir; echo a > tree/file; echo b > tree/dir/inner
ln -s file tree/to-file; ln -s dir tree/to-dir; ln -s /etc/passwd tree/absolute; ln -s nowhere tree/dangling
ln -s ../../../../etc tree/dir/up
