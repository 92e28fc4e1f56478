echo sent > trigger.txt
