mkdir -p src/main src/test target/x .git docs a/b/c
for f in README.md NOTES.md src/main/A.java src/main/A.class src/test/T.java target/x/y .git/config docs/a.md docs/keep.md a/b/c/deep.tmp a/b/c/deep.txt temp1 tempo 'with blank'; do echo "$f" > "$f"; done
cat > .dockerignore <<'EOF'
# comment
*.md
!README.md
**/*.class
/target/
.git
docs/*
!docs/keep.md
a/**/*.tmp
temp?
src/test
!src/test/T.java
EOF
