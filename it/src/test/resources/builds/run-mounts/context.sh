mkdir ctx; echo c > ctx/file
