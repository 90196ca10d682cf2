import type { ContainerRuntime, RuntimeContainer } from './runtime.ts'

/** A runtime whose containers run, listen to nothing and say nothing. */
export function idleRuntime(): ContainerRuntime {
  let made = 0
  const create = (): RuntimeContainer => {
    let exited: (() => void) | undefined
    return {
      id: `containerd://${String(++made).padStart(64, '0')}`,
      start(onExit) {
        exited = () => onExit({ code: 0, reason: 'Completed' })
        return { ok: true }
      },
      signal() {
        exited?.()
        exited = undefined
      },
      logs: { read: () => '', follow: () => () => undefined },
      exec: (_options, sink) => {
        sink.exit({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
        return { stdin: () => undefined, closeStdin: () => undefined, resize: () => undefined, close: () => undefined }
      },
      attach: () => ({ stdin: () => undefined, closeStdin: () => undefined, resize: () => undefined, close: () => undefined }),
      run: (_command, _timeout, done) => done({ code: 0, output: '', timedOut: false }),
      probe: (_request, done) => done({ ok: true }),
      remove: () => undefined,
    }
  }
  return { pull: () => ({ ok: true, millis: 500, bytes: 1_000_000, imageId: `sha256:${'0'.repeat(64)}` }), create }
}
