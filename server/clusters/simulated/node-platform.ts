import { createHash, createHmac, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import type { Clock } from '../../kernel/clock.ts'
import { bytesOfText } from '../../simulator/bytes.ts'
import type { Platform, TokenKey } from '../../simulator/platform.ts'
import { sharedTokenKey } from './token-key.ts'

// Expressions that people give to a simulated grep may backtrack for hours: V8 then turns to an engine that takes linear time.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

/** The machine's own time. Its timers do not keep a process alive that has nothing else to do. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  after(millis, callback) {
    // Node fires at once what lies further ahead than 2^31-1 ms; nothing of ours waits that long.
    const timer = setTimeout(callback, Math.min(Math.max(millis, 0), 0x7fff_ffff))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * What one simulated cluster needs from Node.
 * @param key its own secret, a new one unless given
 * @param tokenKey what it signs service accounts' tokens with; unless given the one that all clusters of this thread share
 */
export function nodePlatform(
  report: (error: unknown) => void,
  key: Uint8Array = randomBytes(32),
  tokenKey: TokenKey = sharedTokenKey,
): Platform {
  return {
    clock: nodeClock,
    random: Math.random,
    sha256: (text) => createHash('sha256').update(bytesOfText(text)).digest('hex'),
    sign: (text) => createHmac('sha256', key).update(text).digest('base64url'),
    tokenKey,
    report,
  }
}
