<?php
/*
 * Counts the words of files: each message {"file": PATH, "reply_to": NAME} is a job. Needs Nsup.php beside it, and pcntl.
 * Finishes the job in hand before it obeys TERM, INT or QUIT, and leaves what it has not begun to the next incarnation.
 */
declare(strict_types=1);

require __DIR__ . '/Nsup.php';

const STOP = [SIGTERM => 'SIGTERM', SIGINT => 'SIGINT', SIGQUIT => 'SIGQUIT'];

final class Worker
{
    private bool $stopping = false;
    private ?string $job = null;
    private int $processed = 0;
    private int $failed = 0;
    private ?string $lastActivity = null;
    private readonly int $started;

    public function __construct(private readonly Nsup $nsup, private readonly int $maxJobs)
    {
        $this->started = hrtime(true);
        pcntl_async_signals(true);
        foreach (array_keys(STOP) as $signal) {
            pcntl_signal($signal, $this->onStop(...));
        }
        pcntl_signal(SIGUSR1, $this->onStatus(...));
    }

    public function run(): void
    {
        $this->nsup->tell(['ready' => true]);
        $this->log('Worker started');
        while (!$this->stopping && $this->processed + $this->failed < $this->maxJobs) {
            $message = $this->nsup->receive(60);
            if ($message === null) {
                continue; // a signal, or nothing for a minute
            }
            $this->job = (string) $message['n'];
            $this->nsup->tell(['busy' => ['job' => $this->job]]);
            $this->log('Job taken', ['job' => $this->job]);
            try {
                $this->carryOut($message['data']);
                $this->processed++;
                $this->log('Job done', ['job' => $this->job]);
            } catch (Throwable $problem) {
                $this->failed++;
                $this->log('Job failed', ['job' => $this->job, 'reason' => $problem->getMessage()]);
            }
            $this->job = null;
            $this->lastActivity = gmdate('Y-m-d\TH:i:s\Z');
            $this->nsup->tell(['busy' => false]);
        }
        if (!$this->stopping) {
            $this->nsup->tell(['recycling' => 'after ' . ($this->processed + $this->failed) . ' jobs']);
        }
        $this->nsup->giveBack();
        // PHP gives the signals back their deadly default while it ends; one that comes then must not count.
        pcntl_sigprocmask(SIG_BLOCK, array_keys(STOP));
        $this->log('Worker gracefully shutdown', ['processed_count' => $this->processed]);
    }

    private function carryOut(array $asked): void
    {
        $path = $asked['file'] ?? '';
        $file = $path === '' || is_dir($path) ? false : @fopen($path, 'r');
        if ($file === false) {
            throw new RuntimeException("cannot read the file '$path'");
        }
        $words = 0;
        while (($line = fgets($file)) !== false) {
            $words += count(preg_split('/\s+/', $line, -1, PREG_SPLIT_NO_EMPTY));
            $this->nsup->beat();
        }
        fclose($file);
        $total = $this->nsup->table('counters', 'incr', ['key' => 'words', 'by' => $words]);
        if (isset($asked['reply_to'])) {
            $this->nsup->send($asked['reply_to'], ['file' => $asked['file'], 'words' => $words, 'total' => $total]);
        }
    }

    private function onStop(int $signal): void
    {
        $message = $this->stopping ? 'Worker ignored repeated signal' : 'Worker received shutdown signal';
        $this->stopping = true;
        $this->nsup->tell(['stopping' => true]);
        $this->log($message, ['signal' => STOP[$signal], 'signal_number' => $signal, 'is_processing' => $this->job !== null]);
    }

    private function onStatus(): void
    {
        $health = [
            'processed_count' => $this->processed,
            'failed_count' => $this->failed,
            'is_processing' => $this->job !== null,
            'current_job' => $this->job,
            'last_activity' => $this->lastActivity,
            'uptime' => (int) round((hrtime(true) - $this->started) / 1e9),
        ];
        $this->nsup->tell(['health' => $health]);
        $this->log('Worker status', $health);
    }

    private function log(string $message, array $fields = []): void
    {
        $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE;
        fwrite(STDOUT, json_encode(['message' => $message, 'pid' => getmypid()] + $fields, $flags) . "\n");
    }
}

(new Worker(new Nsup(), (int) (getenv('MAX_JOBS') ?: 1000)))->run();
