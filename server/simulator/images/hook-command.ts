import type { Platform } from '../platform.ts'
import { execute } from '../shell/execute.ts'
import type { Machine } from '../shell/machine.ts'
import type { Process } from '../shell/processes.ts'
import { signals } from '../shell/processes.ts'
import { Collector, inputOf } from '../shell/streams.ts'
import { startFailure } from './exec.ts'

/** A probe or a hook reads no more of a command's output than this (pkg/probe/exec maxReadLength). */
const mostOutput = 10_240

export interface HookContext {
  readonly machine: Machine
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly platform: Platform
}

/** Runs a command to its end, or until its time is up, for exec probes and hooks. */
export function runHook(
  command: readonly string[],
  timeoutMillis: number,
  context: HookContext,
  done: (result: { readonly code: number; readonly output: string; readonly timedOut: boolean }) => void,
): void {
  const { machine, env, cwd, platform } = context
  const output = new Collector(mostOutput)
  let finished = false
  let process: Process | undefined
  const finish = (code: number, timedOut: boolean, text = output.text) => {
    if (finished) return
    finished = true
    cancel()
    done({ code, output: text, timedOut })
  }
  const cancel = platform.clock.after(timeoutMillis, () => {
    process?.kill(signals.KILL)
    finish(-1, true)
  })
  const failed = startFailure(machine, command[0] ?? '', cwd)
  if (failed !== undefined) {
    queueMicrotask(() => finish(127, false, `OCI runtime exec failed: exec failed: unable to start container process: ${failed}`))
    return
  }
  const execution = {
    io: { in: inputOf(''), out: output, err: output },
    env,
    cwd,
    columns: 80,
    rows: 24,
    parent: undefined,
    started: (started: Process) => void (process = started),
  }
  execute(machine, command, execution).then(
    (code) => finish(code, false),
    (error: unknown) => {
      platform.report(error)
      finish(1, false)
    },
  )
}
