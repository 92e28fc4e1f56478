mkdir t; echo a > t/a; echo r > t/remove; echo c > t/cap; mkdir t/d
setfattr -n user.color -v blue t/a; setfattr -n user.dir -v yes t/d; setfattr -n user.remove -v 1 t/remove
setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 t/cap
tar -C t --xattrs --xattrs-include='*' --owner=0 --group=0 -cf tree.tar .
rm -r t
