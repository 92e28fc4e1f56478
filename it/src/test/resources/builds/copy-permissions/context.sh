mkdir -m 0750 files; echo a > files/a; echo b > files/b; mkdir -m 1777 files/sticky; mkdir files/empty
chmod 0511 files/a; chmod 0400 files/b
