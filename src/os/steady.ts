/**
 * Workers that write a few lines every few milliseconds, for ever: they are read fifty times a second, all in one go,
 * by a plain read that is followed by the write. What a SIGKILL of the master can cost is what stands between these two
 * calls; by epoll, once for every line, twenty such workers kept the master there for a tenth of its time, now it is a
 * hundredth. A line is in its log 20 ms later. No timer runs while nobody is here.
 */
import { Gathering } from './gathering.ts'

/** Milliseconds between two rounds. */
const period = 20
/** A read of more means that it is more than a steady trickle: a FIFO must not fill while nobody looks. */
const most = 16 * 1024

export const steady = new Gathering({
  schedule: (round) => void setTimeout(round, period),
  little: 1,
  most,
})
