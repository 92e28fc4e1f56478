echo 1 > one; echo 22 > two; echo 3 > 'a b'
mkdir -p dir/sub dir2 empty
echo a > dir/a.txt; echo b > dir/sub/b; echo c > dir2/c.txt
