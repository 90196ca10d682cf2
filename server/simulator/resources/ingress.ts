import { parseAddress, validateAddress } from './addresses.ts'
import { invalid, required, unsupported } from './field-error.ts'
import { label, pathSegment, portName, subdomain } from './names.ts'
import { validatePortNumber } from './handler-validation.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS, TypedLocalObjectReference } from './kinds.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const NOT_WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

const wrongs = (field: string, value: string, words: readonly string[]) => words.map((said) => invalid(field, value, said))

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go */
export const ingress: KindBehaviour = {
  generation: true,
  prepareCreate: (draft) => void (draft['status'] = { loadBalancer: {} }),
  validate(object, _around, old) {
    const { spec, metadata } = object as unknown as Ingress
    const errors: FieldError[] = []
    if (!spec?.rules?.length && !spec?.defaultBackend)
      errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'))
    if (spec?.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'))
    spec?.rules?.forEach((rule, index) => errors.push(...validateRule(rule, `spec.rules[${index}]`)))
    spec?.tls?.forEach((tls, index) => errors.push(...validateTls(tls, `spec.tls[${index}]`)))
    const name = spec?.ingressClassName
    if (name !== undefined) errors.push(...wrongs('spec.ingressClassName', name, subdomain(name)))
    const annotated = metadata.annotations?.[CLASS_ANNOTATION]
    if (!old && annotated !== undefined && name !== undefined && annotated !== name)
      errors.push(invalid(`annotations.${CLASS_ANNOTATION}`, annotated, 'must match `ingressClassName` when both are specified'))
    return errors
  },
  validateStatus(object) {
    const { status } = object as unknown as Ingress
    return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
      const field = `status.loadBalancer.ingress[${index}]`
      return [
        ...(ip ? validateAddress(`${field}.ip`, ip) : []),
        ...(hostname ? [...wrongs(`${field}.hostname`, hostname, subdomain(hostname)), ...noAddress(`${field}.hostname`, hostname)] : []),
      ]
    })
  },
  warnings: (object, old) =>
    old || object.metadata.annotations?.[CLASS_ANNOTATION] === undefined
      ? []
      : [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`],
}

function noAddress(field: string, host: string): FieldError[] {
  return parseAddress(host) ? [invalid(field, host, 'must be a DNS name, not an IP address')] : []
}

function validateHost(field: string, host: string): FieldError[] {
  if (host.includes('*')) return WILDCARD.test(host) ? [] : [invalid(field, host, NOT_WILDCARD)]
  return wrongs(field, host, subdomain(host))
}

function validateRule({ host, http }: IngressRule, field: string): FieldError[] {
  const errors = host ? [...noAddress(`${field}.host`, host), ...validateHost(`${field}.host`, host)] : []
  if (!http) return errors
  if (!http.paths?.length) errors.push(required(`${field}.http.paths`))
  http.paths?.forEach((path, index) => errors.push(...validatePath(path, `${field}.http.paths[${index}]`)))
  return errors
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, field: string): FieldError[] {
  const types = ['Exact', 'ImplementationSpecific', 'Prefix']
  if (!pathType) return [required(`${field}.pathType`, 'pathType must be specified')]
  const errors: FieldError[] = []
  const say = (words: string) => errors.push(invalid(`${field}.path`, path, words))
  if (!types.includes(pathType)) errors.push(unsupported(`${field}.pathType`, pathType, types))
  else if (!path.startsWith('/') && (path !== '' || pathType !== 'ImplementationSpecific')) say('must be an absolute path')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) if (path.includes(part)) say(`must not contain '${part}'`)
    for (const end of ['/..', '/.']) if (path.endsWith(end)) say(`cannot end with '${end}'`)
  }
  return [...errors, ...validateBackend(backend, `${field}.backend`)]
}

function validateBackend(backend: IngressBackend | undefined, field: string): FieldError[] {
  const { service, resource } = backend ?? {}
  if (service && resource) return [invalid(field, '', 'cannot set both resource and service backends')]
  if (resource) return validateReference(resource, `${field}.resource`)
  if (!service) return [invalid(field, '', 'resource or service backend is required')]
  const { name, number } = service.port ?? {}
  const errors = service.name ? wrongs(`${field}.service.name`, service.name, label(service.name)) : [required(`${field}.service.name`)]
  if (name && number) errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (name) errors.push(...wrongs(`${field}.service.port.name`, name, portName(name)))
  else if (number) errors.push(...validatePortNumber(number, `${field}.service.port.number`))
  else errors.push(required(field, 'port name or number is required'))
  return errors
}

/** Something of any kind, beside the object that names it. */
export function validateReference({ apiGroup, kind, name }: TypedLocalObjectReference, field: string): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : wrongs(`${field}.apiGroup`, apiGroup, subdomain(apiGroup))),
    ...(kind ? wrongs(`${field}.kind`, kind, pathSegment(kind)) : [required(`${field}.kind`)]),
    ...(name ? wrongs(`${field}.name`, name, pathSegment(name)) : [required(`${field}.name`)]),
  ]
}

function validateTls({ hosts, secretName }: IngressTLS, field: string): FieldError[] {
  return [
    ...(hosts ?? []).flatMap((host, index) => validateHost(`${field}.hosts[${index}]`, host)),
    ...(secretName ? wrongs(`${field}.secretName`, secretName, subdomain(secretName)) : []),
  ]
}
