/** What is tested: the checkout, or what NSUP_E2E_ROOT names, so that an unpacked package takes the same tests. */
import { fileURLToPath } from 'node:url'

export const root = process.env['NSUP_E2E_ROOT'] ?? fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
