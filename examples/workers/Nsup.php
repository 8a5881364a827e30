<?php
/*
 * What a worker in PHP says to nsup, asks of it and is told: the plain protocol, php-cli alone. Copy it.
 * Where no nsup listens it does no harm: what is said goes nowhere, and who asks gets Refused with the code NO_MASTER.
 */
declare(strict_types=1);

/** A request that was refused, or whose answer is lost. $reason: TABLE_FULL, INBOX_FULL, BAD_NAME, NO_MASTER, ... */
final class Refused extends RuntimeException
{
    public function __construct(public readonly string $reason, string $message)
    {
        parent::__construct("$reason: $message");
    }
}

final class Nsup
{
    private const LINE_MAX = 4096; // bytes with the newline: up to here a line is written in one piece
    private const PATIENCE = 60.0; // seconds that a request waits for its answer
    private const ENOUGH = 100; // messages in hand from which on the master is to add none while an answer is waited for

    /** @var resource|null */
    private mixed $report;
    /** @var resource|null */
    private mixed $inbox;
    private array $unsaid = [];
    private float $beatEvery;
    private float $nextBeat = 0.0;
    private string $received = '';
    private array $parts = [];
    private array $messages = [];
    private bool $holds = false;
    private int $newest = 0;
    private int $lastId = 0;
    private array $answers = [];
    private bool $newMaster = false;

    public function __construct()
    {
        $this->report = self::open('NSUP_REPORT_FD', 'w');
        $this->inbox = self::open('NSUP_INBOX_FD', 'r');
        $this->beatEvery = (float) (getenv('NSUP_SILENCE_MS') ?: 30000) / 3000;
    }

    // --- what it says

    /** Says how it goes. Never waits: what finds no room is said with the next word, the newest of each kind. */
    public function tell(array $words): void
    {
        $this->unsaid = $words + $this->unsaid;
        $this->nextBeat = self::now() + $this->beatEvery;
        if ($this->report !== null && $this->put(self::json($this->unsaid))) {
            $this->unsaid = [];
        }
    }

    /** A sign of life, if one is due. A long job calls it now and then; receive() does so by itself. */
    public function beat(): void
    {
        if (self::now() >= $this->nextBeat) {
            $this->tell(['watchdog' => true]);
        }
    }

    // --- what it asks

    /** Sends a message: to a process, one of a program, or all of one (NAME:*). Returns whom it went to. */
    public function send(string $to, mixed $data): array
    {
        return $this->request('send', ['to' => $to, 'data' => $data])['to'];
    }

    /** One operation on a shared table: $nsup->table('counters', 'incr', ['key' => 'hits']). */
    public function table(string $name, string $op, array $words = []): mixed
    {
        return $this->request('table', ['name' => $name, 'op' => $op] + $words);
    }

    /** Asks the master and waits for its answer. Messages that come meanwhile are kept for receive(). */
    public function request(string $word, array $asked): mixed
    {
        if ($this->report === null || $this->inbox === null) {
            throw new Refused('NO_MASTER', 'there is no nsup to ask: this process has no inbox');
        }
        $deadline = self::now() + self::PATIENCE;
        $this->hold($this->holds || count($this->messages) >= self::ENOUGH);
        $mine = $this->ask($word, $asked, $deadline);
        $ping = null;
        while (!isset($this->answers[$mine])) {
            if ($this->newMaster) { // what it has not answered when it answers this, it has never heard
                $this->newMaster = false;
                $ping = $this->ask('ping', [], $deadline);
            }
            if ($ping !== null && isset($this->answers[$ping])) {
                throw new Refused('MASTER_CHANGED', 'the master has changed before it answered: nobody knows whether it was done');
            }
            if (!$this->read($deadline - self::now()) && self::now() >= $deadline) {
                throw new Refused('NO_ANSWER', 'no answer within ' . self::PATIENCE . ' s');
            }
        }
        $answer = $this->answers[$mine];
        $this->answers = [];
        if (isset($answer['error'])) {
            throw new Refused($answer['error']['code'], $answer['error']['message']);
        }
        return $answer['value'];
    }

    // --- what it is told

    /** The next message, ['n' => ..., 'from' => ..., 'data' => ...]. null: none came in this time, or a signal did. */
    public function receive(float $seconds): ?array
    {
        $end = self::now() + $seconds;
        while ($this->messages === []) {
            $this->hold(false);
            $this->beat();
            // PHP cannot look for signals and begin to wait in one step. A signal between the two does not end the wait,
            // so no wait is longer than a second.
            if (self::now() >= $end || $this->read(min($end - self::now(), $this->beatEvery, 1.0)) === null) {
                return null;
            }
        }
        return array_shift($this->messages);
    }

    /** Before the end: messages that were read and not handled go to the next incarnation. */
    public function giveBack(): void
    {
        while ($this->received !== '' && $this->read(0.0, 1) === true); // to the end of a line: the rest of one is of no use to anybody
        foreach ($this->messages as $message) {
            $this->sendLine(['return' => $message], "return {$message['n']}", self::now() + self::PATIENCE);
        }
        $this->messages = [];
    }

    // --- beneath

    /** Who reads on for the sake of an answer takes in messages as well: here it asks for answers alone. */
    private function hold(bool $holds): void
    {
        if ($holds !== $this->holds) {
            $this->holds = $holds;
            $this->sendLine(['hold' => ['messages' => $holds]], 'hold', self::now() + self::PATIENCE);
        }
    }

    private function ask(string $word, array $asked, float $deadline): int
    {
        $this->lastId++;
        $this->sendLine([$word => ['id' => $this->lastId] + $asked], $this->lastId, $deadline);
        return $this->lastId;
    }

    /** Writes a line, in parts if it is long, and waits for room. */
    private function sendLine(array $words, int|string $mark, float $deadline): void
    {
        $line = self::json($words); // ASCII, so that characters are bytes
        $lines = [$line];
        if (strlen($line) >= self::LINE_MAX) {
            $texts = str_split($line, 1800);
            $lines = array_map(fn (int $index, string $text): string => self::json([
                'part' => ['id' => $mark, 'index' => $index, 'last' => $index === count($texts) - 1, 'text' => $text],
            ]), array_keys($texts), $texts);
        }
        foreach ($lines as $each) {
            while (!$this->put($each)) {
                if (self::now() >= $deadline) {
                    throw new Refused('NO_ANSWER', 'the master does not read');
                }
                [$none, $report] = [[], [$this->report]];
                @stream_select($none, $report, $none, 1);
            }
        }
    }

    /** False: there is no room now. */
    private function put(string $line): bool
    {
        return @fwrite($this->report, "$line\n") === strlen($line) + 1;
    }

    /** Reads what is there, or waits for it. False: nothing came; null: a signal did. */
    private function read(float $seconds, int $size = 8192): ?bool
    {
        [$inbox, $none, $left] = [$this->inbox === null ? [] : [$this->inbox], [], max(0.0, $seconds)];
        if ($inbox === []) {
            return usleep((int) ($left * 1e6)) ?? false;
        }
        $ready = @stream_select($inbox, $none, $none, (int) $left, (int) (fmod($left, 1) * 1e6));
        if ($ready === false) {
            return null;
        }
        if ($ready > 0) {
            $lines = explode("\n", $this->received . fread($this->inbox, $size));
            $this->received = array_pop($lines);
            foreach ($lines as $line) {
                $this->hear($line);
            }
        }
        return $ready > 0;
    }

    private function hear(string $line): void
    {
        $said = json_decode($line, true);
        if (!is_array($said)) {
            return; // the end of a line that an incarnation before this one had begun to read
        }
        if (isset($said['message']) && $said['message']['n'] > $this->newest) { // else it is told twice: a master was killed
            $this->newest = $said['message']['n'];
            $this->messages[] = $said['message'];
        }
        if (isset($said['reply'])) {
            $this->answers[$said['reply']['id']] = $said['reply'];
        }
        if (isset($said['master'])) {
            $this->newMaster = true;
            $this->holds = false; // it has not been asked
        }
        if (isset($said['part'])) {
            ['of' => $of, 'index' => $index, 'last' => $last, 'text' => $text] = $said['part'];
            if ($index === 0) {
                $this->parts[$of] = '';
            }
            if (isset($this->parts[$of])) {
                $this->parts[$of] .= $text;
                if ($last) {
                    $whole = $this->parts[$of];
                    unset($this->parts[$of]);
                    $this->hear($whole);
                }
            }
        }
    }

    /**
     * Opens the FIFO that a variable names anew, where there is a /proc: not to wait when it is full or empty is a matter of
     * who has opened it, and others have this one.
     * @return resource|null
     */
    private static function open(string $name, string $mode): mixed
    {
        $fd = (int) getenv($name);
        if ($fd <= 2) {
            return null;
        }
        $stream = @fopen("/proc/self/fd/$fd", "{$mode}n") ?: @fopen("php://fd/$fd", $mode);
        if ($stream === false || (fstat($stream)['mode'] & 0170000) !== 0010000) {
            return null; // no such descriptor, or no FIFO: somebody has passed on the name alone
        }
        stream_set_blocking($stream, false);
        stream_set_read_buffer($stream, 0);
        return $stream;
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    private static function json(array $words): string
    {
        return json_encode($words, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
    }
}
