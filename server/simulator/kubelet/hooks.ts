import { nameOf, namespaceOf, uidOf } from '../controllers/objects.ts'
import type { Container, LifecycleHandler, Pod } from '../resources/kinds.ts'
import { portOf } from './probes.ts'
import type { RuntimeContainer } from './runtime.ts'

/** How a hook failed, in the words of what it ran. */
export type HookEnd = { readonly ok: true } | { readonly ok: false; readonly message: string; readonly output?: string }

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
      done(code === 0 ? { ok: true } : { ok: false, message: `command '${command.join(' ')}' exited with ${code}: ${output}`, output }),
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

/** What the kubelet tells of a hook that failed, where it tells it: in the container's state, never in an event. */
export function hookFailure(hook: LifecycleHandler, container: Container, pod: Pod, end: Extract<HookEnd, { ok: false }>): string {
  const where = `for Container "${container.name}" in Pod "${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})" failed - error: ${end.message}`
  if (hook.exec)
    return `Exec lifecycle hook ([${hook.exec.command?.join(' ') ?? ''}]) ${where}, message: ${JSON.stringify(end.output ?? '')}`
  if (hook.httpGet) return `HTTP lifecycle hook (${hook.httpGet.path ?? ''}) ${where}`
  return `Sleep lifecycle hook (${hook.sleep?.seconds ?? 0}) ${where}`
}
