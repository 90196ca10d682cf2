import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM } from './browser.ts'

/** A second computer on the same network: a network namespace of its own, joined to this one by a cable that can be pulled. */
export interface OtherHost {
  /** Where this computer is, seen from the other one. */
  readonly here: string
  /** A Chromium that runs over there. */
  readonly chromium: string
  /** Pulls the cable. */
  cut(): void
  /** Puts it back. */
  restore(): void
  remove(): void
}

/** Makes the other host. Needs root and iproute2. @param index tells hosts of tests that run side by side apart, 0–255 */
export function createOtherHost(index: number): OtherHost {
  const name = `deckhand-${process.pid}-${index}`
  const [near, far] = [`dh${process.pid % 100000}a${index}`, `dh${process.pid % 100000}b${index}`]
  const here = `10.231.${index}.1`
  const ip = (...args: string[]): void => void execFileSync('ip', args)
  ip('netns', 'add', name)
  ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far)
  ip('link', 'set', far, 'netns', name)
  ip('addr', 'add', `${here}/24`, 'dev', near)
  ip('link', 'set', near, 'up')
  ip('-n', name, 'addr', 'add', `10.231.${index}.2/24`, 'dev', far)
  ip('-n', name, 'link', 'set', far, 'up')
  ip('-n', name, 'link', 'set', 'lo', 'up')
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-host-'))
  const chromium = join(folder, 'chromium')
  writeFileSync(chromium, `#!/bin/sh\nexec ip netns exec ${name} ${CHROMIUM} "$@"\n`)
  chmodSync(chromium, 0o755)
  return {
    here,
    chromium,
    cut: () => ip('link', 'set', near, 'down'),
    restore: () => ip('link', 'set', near, 'up'),
    remove: () => {
      ip('netns', 'del', name)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
