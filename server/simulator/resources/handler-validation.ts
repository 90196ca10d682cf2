import { atLeastZero, forbidden, invalid, required, unsupported } from './field-error.ts'
import { headerName, portName } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { Container, LifecycleHandler, Probe } from './kinds.ts'

/** What a kubelet asks of a container: probes and lifecycle hooks. @see …/validation.go validateProbe, validateHandler */

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>

export function validatePortNumber(port: number, field: string): FieldError[] {
  return port < 1 || port > 65535 ? [invalid(field, port, 'must be between 1 and 65535, inclusive')] : []
}

/** A port by number or by name. */
export function validatePortRef(port: number | string | undefined, field: string): FieldError[] {
  if (typeof port === 'string') return portName(port).map((words) => invalid(field, port, words))
  return validatePortNumber(port ?? 0, field)
}

function validateHttpGet(get: NonNullable<Probe['httpGet']>, field: string): FieldError[] {
  const errors = get.path ? [] : [required(`${field}.path`)]
  errors.push(...validatePortRef(get.port, `${field}.port`))
  if (get.scheme !== 'HTTP' && get.scheme !== 'HTTPS') errors.push(unsupported(`${field}.scheme`, get.scheme, ['HTTP', 'HTTPS']))
  for (const { name } of get.httpHeaders ?? [])
    errors.push(...headerName(name).map((words) => invalid(`${field}.httpHeaders`, name, words)))
  return errors
}

function validateHandler(handler: Handler, grace: number | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const checks = {
    exec: () => (exec?.command?.length ? [] : [required(`${field}.exec.command`)]),
    httpGet: () => (httpGet ? validateHttpGet(httpGet, `${field}.httpGet`) : []),
    tcpSocket: () => validatePortRef(tcpSocket?.port, `${field}.tcpSocket.port`),
    grpc: () => validatePortNumber(grpc?.port ?? 0, `${field}.grpc.port`),
    sleep: () => validateSleep(sleep?.seconds ?? 0, grace, `${field}.sleep`),
  }
  let seen = false
  for (const kind of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (handler[kind] === undefined) continue
    if (seen) errors.push(forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type'))
    else errors.push(...checks[kind]())
    seen = true
  }
  return seen ? errors : [required(field, 'must specify a handler type')]
}

function validateSleep(seconds: number, grace: number | undefined, field: string): FieldError[] {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return []
  return [invalid(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)]
}

/** Hooks and probes of a container that stays. */
export function validateHandlers(container: Container, grace: number | undefined, field: string): FieldError[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
  const errors: FieldError[] = []
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[hook]
    if (handler) errors.push(...validateHandler(handler, grace, `${field}.lifecycle.${hook}`))
  }
  return [
    ...errors,
    ...validateProbe(livenessProbe, grace, `${field}.livenessProbe`, true),
    ...validateProbe(readinessProbe, grace, `${field}.readinessProbe`, false),
    ...validateProbe(startupProbe, grace, `${field}.startupProbe`, true),
  ]
}

/** @param once one success says all: liveness and startup */
function validateProbe(probe: Probe | undefined, grace: number | undefined, field: string, once: boolean): FieldError[] {
  if (!probe) return []
  const errors = validateHandler(probe, grace, field)
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const)
    errors.push(...atLeastZero(`${field}.${key}`, probe[key]))
  const own = probe.terminationGracePeriodSeconds
  const path = `${field}.terminationGracePeriodSeconds`
  if (own !== undefined && own <= 0) errors.push(invalid(path, own, 'must be greater than 0'))
  if (once && probe.successThreshold !== 1) errors.push(invalid(`${field}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
  if (!once && own !== undefined) errors.push(invalid(path, own, 'must not be set for readinessProbes'))
  return errors
}
