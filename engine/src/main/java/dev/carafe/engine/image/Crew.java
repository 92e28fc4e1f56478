package dev.carafe.engine.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Some threads for tasks of which none is worth anything without the others. */
final class Crew implements AutoCloseable {
    private final ExecutorService pool;
    private final CompletionService<Boolean> done;
    private final List<Future<Boolean>> tasks = new ArrayList<>();

    /** Something to do that may fail. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException;
    }

    Crew(int threads) {
        pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory());
        done = new ExecutorCompletionService<>(pool);
    }

    void add(Task task) {
        tasks.add(
                done.submit(
                        () -> {
                            task.run();
                            return true;
                        }));
    }

    /** Waits for all, or for the first that fails, at which the others are interrupted. */
    void await() throws IOException {
        try {
            for (int i = 0; i < tasks.size(); i++) {
                done.take().get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    /** Interrupts what still runs, and waits for its end. */
    @Override
    public void close() {
        pool.shutdownNow();
        boolean interrupted = false;
        while (!pool.isTerminated()) {
            try {
                pool.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
