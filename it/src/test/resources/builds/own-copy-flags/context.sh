mkdir -p a/b; echo c > a/b/c.txt; echo 1 > a/x1.txt; echo t > a/t.tmp
