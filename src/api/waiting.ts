/** Bounds a request that waits for programs: by its own timeout and by the client's leaving. */
import { Fault } from '../lib/fault.ts'

/**
 * Runs `act` with a signal that ends its waiting. Throws Fault TIMEOUT when the time is over; what was begun goes on.
 * The answer comes at that moment even where `act` itself does not heed the signal.
 */
export async function waitFor<T>(
  params: { readonly timeout?: number | undefined },
  caller: { readonly signal: AbortSignal },
  what: string,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeout } = params
  if (timeout === undefined) return act(caller.signal)
  const patience = new AbortController()
  const over = new Fault('TIMEOUT', `${what} was not finished after ${timeout / 1000} s and goes on`)
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(over)
      patience.abort(over)
    }, timeout)
  })
  try {
    return await Promise.race([act(AbortSignal.any([caller.signal, patience.signal])), expired])
  } finally {
    clearTimeout(timer)
  }
}

/** The same for an `act` that heeds its signal and then answers how far each process is. */
export async function waitPatiently<T>(
  params: { readonly timeout?: number | undefined },
  caller: { readonly signal: AbortSignal },
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController()
  const timer = params.timeout === undefined ? undefined : setTimeout(() => patience.abort(new Fault('TIMEOUT')), params.timeout)
  try {
    return await act(AbortSignal.any([caller.signal, patience.signal]))
  } finally {
    clearTimeout(timer)
  }
}
