mkdir -p t/d; echo a > t/a; ln t/a t/hard; ln -s a t/soft; mkfifo t/fifo; echo s > t/suid
chmod 4711 t/suid; chmod 1777 t/d; echo deep > t/d/deep
(cd t && tar --sort=name --owner=11 --group=12 --numeric-owner -cf ../plain.tar *)
mkdir gz; echo 1 > gz/one; tar -C gz -czf packed.tar.gz one; echo 2 > gz/two; tar -C gz -czf other.tgz two
mkdir 2; echo 2 > 2/two; tar -C 2 -cf two.tar two
echo no archive > broken.tar.gz; echo f > file
rm -rf t gz 2
