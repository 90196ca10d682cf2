/** People notice two seconds; a server that starts again does not notice this many pages. */
const LONGEST_MILLIS = 2000

/** How long to wait after so many failures in a row: doubling from 100 ms, with a little chance so that a room does not return as one. */
export function retryDelay(failures: number, chance: number = Math.random()): number {
  return Math.min(LONGEST_MILLIS, 100 * 2 ** Math.min(failures, 10)) * (0.75 + chance / 4)
}
