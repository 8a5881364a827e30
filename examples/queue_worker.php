<?php
/*
 * A queue worker for php-cli with pcntl: the same protocol as queue-worker.mjs (see README.md here).
 * Takes jobs from SPOOL/QUEUE/new one at a time and finishes the job in hand before it obeys TERM, INT or QUIT.
 */
declare(strict_types=1);

final class QueueWorker
{
    private const STOP = [SIGTERM => 'SIGTERM', SIGINT => 'SIGINT', SIGQUIT => 'SIGQUIT'];
    private const ALL = [SIGTERM, SIGINT, SIGQUIT, SIGUSR1];

    private readonly int $pid;
    private readonly int $started;
    private int $processed = 0;
    private ?string $lastActivity = null;
    private ?string $jobInHand = null;
    private bool $stopping = false;
    /** @var resource|null Where the supervisor listens, if it does. */
    private mixed $reports = null;

    public function __construct(private readonly string $spool, private readonly string $queue)
    {
        $this->pid = getmypid();
        $this->started = hrtime(true);
        $fd = (int) getenv('NSUP_REPORT_FD');
        if ($fd > 2) {
            $this->reports = fopen("php://fd/$fd", 'w');
        }
        pcntl_async_signals(true);
        foreach (self::ALL as $signal) {
            pcntl_signal($signal, $this->onSignal(...));
        }
    }

    public function run(): void
    {
        foreach (['new', 'work', 'done', 'failed'] as $name) {
            $this->makeFolder("$this->spool/$name");
        }
        $this->returnAbandoned();
        $this->report(['ready' => true]);
        $this->say('Worker started', ['queue' => $this->queue, 'pid' => $this->pid]);
        while (!$this->stopping) {
            $job = $this->claim();
            if ($job === null) {
                $this->pause(1.0);
                continue;
            }
            $this->jobInHand = $job;
            $this->report(['busy' => ['job' => $job]]);
            $this->carryOut($job);
            $this->jobInHand = null;
            $this->report(['idle' => true]);
        }
        // PHP gives the signals back their deadly default while it ends; one that comes then must not count.
        pcntl_sigprocmask(SIG_BLOCK, self::ALL);
        $this->say('Worker gracefully shutdown', ['pid' => $this->pid, 'processed_count' => $this->processed]);
    }

    private function onSignal(int $signal): void
    {
        $isProcessing = $this->jobInHand !== null;
        if ($signal === SIGUSR1) {
            $health = [
                'pid' => $this->pid,
                'processed_count' => $this->processed,
                'last_activity' => $this->lastActivity,
                'is_processing' => $isProcessing,
                'uptime' => (int) round((hrtime(true) - $this->started) / 1e9),
            ];
            $this->report(['health' => $health]);
            $this->say('Worker status', $health);
            return;
        }
        $message = $this->stopping ? 'Worker ignored repeated signal' : 'Worker received shutdown signal';
        $this->stopping = true;
        $this->report(['stopping' => true]);
        $this->say($message, [
            'signal' => self::STOP[$signal],
            'signal_number' => $signal,
            'pid' => $this->pid,
            'is_processing' => $isProcessing,
        ]);
    }

    /**
     * Waits, but not longer than until the next signal. Between the look at what has come and the wait for more all
     * signals are blocked, so that none gets lost there: no sleep delays an exit.
     */
    private function pause(float $seconds): void
    {
        pcntl_sigprocmask(SIG_BLOCK, self::ALL);
        pcntl_signal_dispatch();
        if (!$this->stopping || $this->jobInHand !== null) {
            $info = [];
            $signal = pcntl_sigtimedwait(self::ALL, $info, (int) $seconds, (int) (fmod($seconds, 1) * 1e9));
            if ($signal > 0) {
                $this->onSignal($signal);
            }
        }
        pcntl_sigprocmask(SIG_UNBLOCK, self::ALL);
    }

    /** Takes the oldest job: who renames it first has it. The pid in its new name says whose it is. */
    private function claim(): ?string
    {
        foreach ($this->jobsIn('new') as $name) {
            if ($this->move("new/$name", "work/$name.$this->pid")) {
                return $name;
            }
        }
        return null;
    }

    /** What a real shop would do here: this one waits as long as the job says, as if for a slow partner. */
    private function carryOut(string $name): void
    {
        $this->say('Job taken', ['job' => $name, 'pid' => $this->pid]);
        $claimed = "work/$name.$this->pid";
        $fields = [];
        foreach (explode("\n", file_get_contents("$this->spool/$claimed")) as $line) {
            [$key, $value] = [...explode('=', $line, 2), null];
            if ($value !== null) {
                $fields[$key] = $value;
            }
        }
        $seconds = $fields['seconds'] ?? '0';
        $good = preg_match('/^[0-9]{1,6}$/D', $seconds) === 1;
        if ($good) {
            $end = hrtime(true) + (int) $seconds * 1_000_000_000;
            while (($left = $end - hrtime(true)) > 0) {
                $this->pause($left / 1e9);
            }
            while (($fields['hold'] ?? '') !== '' && !$this->exists($fields['hold'])) {
                $this->pause(0.5);
            }
        }
        $this->move($claimed, ($good ? 'done' : 'failed') . "/$name");
        $this->lastActivity = (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
        if ($good) {
            $this->processed++;
            $this->say('Job done', ['job' => $name, 'pid' => $this->pid]);
        } else {
            $reason = "seconds must be a whole number, not $seconds";
            $this->say('Job failed', ['job' => $name, 'pid' => $this->pid, 'reason' => $reason]);
        }
    }

    /** Jobs of a worker that was killed go back to the queue: a job is done at least once. */
    private function returnAbandoned(): void
    {
        foreach ($this->jobsIn('work') as $claimed) {
            if (preg_match('/^(.+)\.([0-9]+)$/D', $claimed, $found) !== 1 || $this->isOtherAlive((int) $found[2])) {
                continue;
            }
            if ($this->move("work/$claimed", "new/$found[1]")) {
                $this->say('Job returned to the queue', ['job' => $found[1], 'pid' => $this->pid]);
            }
        }
    }

    private function isOtherAlive(int $pid): bool
    {
        if ($pid === $this->pid) {
            return false; // a dead worker's pid has come round to this one
        }
        return posix_kill($pid, 0) || posix_get_last_error() === PCNTL_EPERM;
    }

    /** @return list<string> */
    private function jobsIn(string $folder): array
    {
        $names = @scandir("$this->spool/$folder");
        if ($names === false) {
            throw new RuntimeException("$folder cannot be read");
        }
        return array_values(array_filter($names, fn (string $name): bool => $name[0] !== '.'));
    }

    /** False when another worker was faster. */
    private function move(string $from, string $to): bool
    {
        if (@rename("$this->spool/$from", "$this->spool/$to")) {
            return true;
        }
        if ($this->exists("$this->spool/$from")) {
            throw new RuntimeException("$from cannot be moved to $to");
        }
        return false;
    }

    private function makeFolder(string $path): void
    {
        if (!is_dir($path) && !@mkdir($path, 0777, true)) {
            $reason = error_get_last()['message'] ?? 'mkdir failed';
            if (!is_dir($path)) { // another worker may have been faster
                throw new RuntimeException($reason);
            }
        }
        if (!is_writable($path)) {
            throw new RuntimeException("$path cannot be written");
        }
    }

    /** PHP remembers what it has seen of a file; here it is looked at anew. */
    private function exists(string $path): bool
    {
        clearstatcache(true, $path);
        return file_exists($path);
    }

    private function report(array $word): void
    {
        if ($this->reports !== null) {
            fwrite($this->reports, json_encode($word, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
        }
    }

    /** One line with one write, so that lines of several workers on one pipe stay whole. */
    private function say(string $message, array $fields): void
    {
        $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE;
        fwrite(STDOUT, json_encode(['message' => $message] + $fields, $flags) . "\n");
    }
}

function run_queue_worker(string $queue): never
{
    $spool = (getenv('SPOOL') ?: __DIR__ . '/spool') . "/$queue";
    try {
        (new QueueWorker($spool, $queue))->run();
        exit(0);
    } catch (RuntimeException $problem) {
        fwrite(STDERR, "queue_worker: cannot use the spool folder $spool: {$problem->getMessage()}; set SPOOL to a folder that can be written\n");
        exit(1);
    }
}

// Included by another program (as test/fixtures/start_workers.php does), it only brings the function along.
if (realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    run_queue_worker($argv[1] ?? 'checkin');
}
