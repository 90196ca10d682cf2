import type { Clock } from '../../kernel/clock.ts'
import type { ContainerConfig, ContainerRuntime, Exit, ProbeResult, RuntimeContainer } from './runtime.ts'

/** What a container does, for tests: a runtime that plays a script instead of running images. */
export interface Script {
  /** Ends by itself after so many milliseconds. Without it, it runs until it is told to end. */
  readonly exit?: Exit & { readonly after: number }
  /** Does not listen to SIGTERM. */
  readonly stubborn?: boolean
  readonly unstartable?: string
  readonly probe?: () => ProbeResult
}

export interface ScriptedRuntime extends ContainerRuntime {
  readonly created: ContainerConfig[]
}

/** @param scripts by image; images that are not in it don't exist. `*` stands for every other image. */
export function scriptedRuntime(clock: Clock, scripts: { readonly [image: string]: Script }): ScriptedRuntime {
  const created: ContainerConfig[] = []
  const scriptOf = (image: string): Script | undefined => scripts[image] ?? scripts['*']
  return {
    created,
    pull: (image) =>
      scriptOf(image)
        ? { ok: true, millis: 1000, bytes: 1234, imageId: `docker.io/library/${image}@sha256:abc` }
        : { ok: false, millis: 500, message: `failed to pull and unpack image "docker.io/library/${image}": not found` },
    volumeBytes: () => 0,
    onWritten: () => () => {},
    create: (config) => {
      created.push(config)
      return play(clock, scriptOf(config.container.image ?? '') ?? {}, created.length)
    },
  }
}

function play(clock: Clock, script: Script, number: number): RuntimeContainer {
  let end: ((exit: Exit) => void) | undefined
  const finish = (exit: Exit): void => {
    end?.(exit)
    end = undefined
  }
  return {
    id: `containerd://${String(number).padStart(64, '0')}`,
    start: (onExit) => {
      if (script.unstartable !== undefined) return { ok: false, message: script.unstartable }
      end = onExit
      const { exit } = script
      if (exit) clock.after(exit.after, () => finish(exit))
      return { ok: true }
    },
    signal: (signal) => {
      if (signal === 'SIGTERM' && script.stubborn) return
      clock.after(50, () => finish(signal === 'SIGKILL' ? { code: 137, reason: 'Error', signal: 9 } : { code: 0, reason: 'Completed' }))
    },
    diskBytes: 0,
    logs: { read: () => '', follow: () => () => {} },
    exec: () => ({ stdin: () => {}, closeStdin: () => {}, resize: () => {}, close: () => {} }),
    attach: () => ({ stdin: () => {}, closeStdin: () => {}, resize: () => {}, close: () => {} }),
    run: (_command, _timeout, done) => done({ code: 0, output: '', timedOut: false }),
    probe: (_request, done) => done(script.probe?.() ?? { ok: true }),
    remove: () => {
      end = undefined
    },
  }
}
