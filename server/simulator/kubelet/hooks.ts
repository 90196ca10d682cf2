import type { Container, LifecycleHandler } from '../resources/kinds.ts'
import { portOf } from './probes.ts'
import type { RuntimeContainer } from './runtime.ts'

/** How a hook failed, in the words of what it ran. */
export type HookEnd = { readonly ok: true } | { readonly ok: false; readonly message: string }

/**
 * Runs a container's lifecycle hook: a command, a request, or a sleep.
 * https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 * @param wait calls back after so many milliseconds
 */
export function runHook(
  hook: LifecycleHandler,
  container: Container,
  made: RuntimeContainer,
  limitMillis: number,
  wait: (millis: number, then: () => void) => void,
  done: (end: HookEnd) => void,
): void {
  if (hook.exec?.command) {
    const { command } = hook.exec
    made.run(command, limitMillis, ({ code, output }) =>
      done(code === 0 ? { ok: true } : { ok: false, message: `command '${command.join(' ')}' exited with ${code}: ${output}` }),
    )
  } else if (hook.httpGet) {
    const { path = '/', scheme = 'HTTP', httpHeaders = [], port } = hook.httpGet
    const headers = Object.fromEntries(httpHeaders.map((header) => [header.name, header.value]))
    const request = {
      kind: 'http',
      scheme: scheme.toLowerCase(),
      port: portOf(port, container),
      headers,
      timeoutMillis: limitMillis,
    } as const
    made.probe({ ...request, path: path.startsWith('/') ? path : `/${path}` }, (result) => done(result))
  } else if (hook.sleep) wait(hook.sleep.seconds * 1000, () => done({ ok: true }))
  else done({ ok: true })
}
