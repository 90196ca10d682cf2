import { child, children, ensure, setDefaults } from './draft.ts'
import { atLeastZero, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { validateMetric } from './metric-validation.ts'
import { pathSegment, portName, subdomain } from './names.ts'
import { validatePortNumber } from './handler-validation.ts'
import { notMoreThanAll, positiveIntOrPercent } from './int-or-percent.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type {
  ClusterRole,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  PriorityClass,
  Role,
  RoleBinding,
} from './kinds.ts'
import type { StoredObject } from './object.ts'
import { same } from './draft.ts'

/** Who may do what, how much, and how traffic comes in. */

function validateRules(object: StoredObject): FieldError[] {
  const namespaced = object.kind === 'Role'
  return ((object as unknown as Role | ClusterRole).rules ?? []).flatMap((rule, index) => {
    const field = `rules[${index}]`
    const errors: FieldError[] = []
    if (!rule.verbs?.length) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'))
    if (rule.nonResourceURLs?.length) {
      if (namespaced)
        return [...errors, invalid(`${field}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')]
      if (rule.apiGroups?.length || rule.resources?.length)
        errors.push(
          invalid(`${field}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
        )
      return errors
    }
    if (!rule.apiGroups?.length) errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
    if (!rule.resources?.length) errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
    return errors
  })
}

export const role: KindBehaviour = {
  validateName: pathSegment,
  validate: (object) => ((object as unknown as ClusterRole).aggregationRule ? [] : validateRules(object)),
}

export const roleBinding: KindBehaviour = {
  validateName: pathSegment,
  defaults(draft) {
    const ref = child(draft, 'roleRef')
    if (ref) setDefaults(ref, { apiGroup: 'rbac.authorization.k8s.io' })
    for (const subject of children(draft, 'subjects')) {
      if (subject['kind'] === 'User' || subject['kind'] === 'Group') setDefaults(subject, { apiGroup: 'rbac.authorization.k8s.io' })
    }
  },
  validate(object) {
    const { roleRef, subjects } = object as unknown as RoleBinding
    const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
    const errors: FieldError[] = []
    const groups = ['rbac.authorization.k8s.io']
    if (roleRef && !groups.includes(roleRef.apiGroup ?? '')) errors.push(unsupported('roleRef.apiGroup', roleRef.apiGroup ?? '', groups))
    if (!kinds.includes(roleRef?.kind ?? '')) errors.push(unsupported('roleRef.kind', roleRef?.kind ?? '', kinds))
    if (!roleRef?.name) errors.push(required('roleRef.name'))
    subjects?.forEach((subject, index) => {
      const field = `subjects[${index}]`
      if (!subject.name) errors.push(required(`${field}.name`))
      if (!['ServiceAccount', 'User', 'Group'].includes(subject.kind))
        errors.push(unsupported(`${field}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']))
      else if (subject.kind !== 'ServiceAccount' && !groups.includes(subject.apiGroup ?? ''))
        errors.push(unsupported(`${field}.apiGroup`, subject.apiGroup ?? '', groups))
      else if (subject.kind === 'ServiceAccount' && subject.apiGroup) errors.push(unsupported(`${field}.apiGroup`, subject.apiGroup, ['']))
      else if (subject.kind === 'ServiceAccount' && !subject.namespace && object.kind === 'ClusterRoleBinding')
        errors.push(required(`${field}.namespace`))
    })
    return errors
  },
  validateUpdate: (object, old) =>
    same(object['roleRef'], old['roleRef']) ? [] : [invalid('roleRef', object['roleRef'] ?? null, 'cannot change roleRef')],
}

export const priorityClass: KindBehaviour = {
  generation: true,
  defaults: (draft) => setDefaults(draft, { preemptionPolicy: 'PreemptLowerPriority' }),
  validate(object) {
    const { metadata, value, preemptionPolicy } = object as unknown as PriorityClass
    const errors: FieldError[] = []
    if ((value ?? 0) > 1_000_000_000 && !metadata.name?.startsWith('system-'))
      errors.push(forbidden('value', 'maximum allowed value of a user defined priority is 1000000000'))
    const policies = ['PreemptLowerPriority', 'Never']
    if (!policies.includes(preemptionPolicy ?? '')) errors.push(unsupported('preemptionPolicy', preemptionPolicy, policies))
    return errors
  },
  validateUpdate: (object, old) => (object['value'] === old['value'] ? [] : [forbidden('value', 'may not be changed in an update.')]),
}

export const podDisruptionBudget: KindBehaviour = {
  generation: true,
  prepareCreate: (draft) => void (draft['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  validate(object) {
    const { spec } = object as unknown as PodDisruptionBudget
    const errors = validateSelector(spec?.selector, 'spec.selector')
    if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined)
      errors.push(invalid('spec', null, 'minAvailable and maxUnavailable cannot be both set'))
    const policies = ['AlwaysAllow', 'IfHealthyBudget']
    const policy = spec?.unhealthyPodEvictionPolicy
    if (policy !== undefined && !policies.includes(policy)) errors.push(unsupported('spec.unhealthyPodEvictionPolicy', policy, policies))
    return [
      ...errors,
      ...(['minAvailable', 'maxUnavailable'] as const).flatMap((key) => [
        ...positiveIntOrPercent(`spec.${key}`, spec?.[key]),
        ...notMoreThanAll(`spec.${key}`, spec?.[key]),
      ]),
    ]
  },
}

export const horizontalPodAutoscaler: KindBehaviour = {
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    if (spec['minReplicas'] === undefined) spec['minReplicas'] = 1
    if (children(spec, 'metrics').length === 0)
      spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
  },
  prepareCreate: (draft) => void (draft['status'] = { desiredReplicas: 0, currentMetrics: null }),
  validate(object) {
    const { spec } = object as unknown as HorizontalPodAutoscaler
    const errors: FieldError[] = []
    const [min, max] = [spec?.minReplicas ?? 1, spec?.maxReplicas ?? 0]
    if (min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
    if (max < 1) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
    if (max < min) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
    const ref = spec?.scaleTargetRef
    if (!ref?.kind) errors.push(required('spec.scaleTargetRef.kind'))
    if (!ref?.name) errors.push(required('spec.scaleTargetRef.name'))
    if (!ref?.apiVersion) errors.push(invalid('spec.scaleTargetRef.apiVersion', '', 'apiVersion must specify API group'))
    if (min === 0 && !spec?.metrics?.some(({ type }) => type === 'Object' || type === 'External'))
      errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
    spec?.metrics?.forEach((metric, index) => {
      errors.push(...validateMetric(metric, `spec.metrics[${index}]`))
    })
    return errors
  },
}

const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const NOT_WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

export const ingress: KindBehaviour = {
  generation: true,
  prepareCreate: (draft) => void (draft['status'] = { loadBalancer: {} }),
  validate(object) {
    const { spec } = object as unknown as Ingress
    const errors: FieldError[] = []
    if (!spec?.rules?.length && !spec?.defaultBackend)
      errors.push(invalid('spec', object['spec'] ?? {}, 'either `defaultBackend` or `rules` must be specified'))
    if (spec?.ingressClassName)
      errors.push(...subdomain(spec.ingressClassName).map((words) => invalid('spec.ingressClassName', spec.ingressClassName, words)))
    spec?.rules?.forEach((rule, index) => {
      const field = `spec.rules[${index}]`
      if (rule.host) errors.push(...validateHost(rule.host, `${field}.host`))
      if (!rule.http) return
      if (!rule.http.paths?.length) errors.push(required(`${field}.http.paths`))
      rule.http.paths?.forEach((path, at) => errors.push(...validatePath(path, `${field}.http.paths[${at}]`)))
    })
    return errors
  },
}

type IngressPath = NonNullable<NonNullable<NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http']>['paths']>[number]

function validatePath({ path, pathType, backend }: IngressPath, field: string): FieldError[] {
  const errors: FieldError[] = []
  const types = ['Exact', 'ImplementationSpecific', 'Prefix']
  if (!pathType) errors.push(required(`${field}.pathType`, 'pathType must be specified'))
  else if (!types.includes(pathType)) errors.push(unsupported(`${field}.pathType`, pathType, types))
  else if ((pathType !== 'ImplementationSpecific' || path) && !path?.startsWith('/'))
    errors.push(invalid(`${field}.path`, path ?? '', 'must be an absolute path'))
  else if (pathType !== 'ImplementationSpecific') {
    for (const part of ['//', '/./', '/../', '%2f', '%2F'])
      if (path?.includes(part)) errors.push(invalid(`${field}.path`, path, `must not contain '${part}'`))
    for (const end of ['/..', '/.']) if (path?.endsWith(end)) errors.push(invalid(`${field}.path`, path, `cannot end with '${end}'`))
  }
  const service = backend?.service
  if (service && backend?.resource) errors.push(invalid(`${field}.backend`, '', 'cannot set both resource and service backends'))
  if (service?.port?.name && service.port.number) errors.push(invalid(`${field}.backend`, '', 'cannot set both port name & port number'))
  if (!service && !backend?.resource) errors.push(required(`${field}.backend`, 'port name or number is required'))
  if (service && !service.name) errors.push(required(`${field}.backend.service.name`))
  if (service && !service.port?.name && !service.port?.number) errors.push(required(`${field}.backend`, 'port name or number is required'))
  return errors
}

function validateHost(host: string, field: string): FieldError[] {
  if (/^\d+(\.\d+){3}$/.test(host)) return [invalid(field, host, 'must be a DNS name, not an IP address')]
  if (host.includes('*')) return WILDCARD.test(host) ? [] : [invalid(field, host, NOT_WILDCARD)]
  return subdomain(host).map((words) => invalid(field, host, words))
}

export const networkPolicy: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    ensure(spec, 'podSelector')
    for (const rule of [...children(spec, 'ingress'), ...children(spec, 'egress')])
      for (const port of children(rule, 'ports')) setDefaults(port, { protocol: 'TCP' })
    if (!Array.isArray(spec['policyTypes']) || spec['policyTypes'].length === 0)
      spec['policyTypes'] = children(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate(object) {
    const { spec } = object as unknown as NetworkPolicy
    const errors = validateSelector(spec?.podSelector, 'spec.podSelector')
    spec?.policyTypes?.forEach((type, index) => {
      if (type !== 'Ingress' && type !== 'Egress') errors.push(unsupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']))
    })
    for (const direction of ['ingress', 'egress'] as const) {
      spec?.[direction]?.forEach((rule, index) => {
        const field = `spec.${direction}[${index}]`
        rule.ports?.forEach((port, at) => errors.push(...validatePolicyPort(port, `${field}.ports[${at}]`)))
        const [key, peers] = 'from' in rule ? (['from', rule.from] as const) : (['to', 'to' in rule ? rule.to : undefined] as const)
        peers?.forEach((peer, at) => errors.push(...validatePeer(peer, `${field}.${key}[${at}]`)))
      })
    }
    return errors
  },
}

type PolicyRule = NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number]

function validatePolicyPort({ port, endPort, protocol }: NonNullable<PolicyRule['ports']>[number], field: string): FieldError[] {
  const errors: FieldError[] = []
  const protocols = ['SCTP', 'TCP', 'UDP']
  if (protocol !== undefined && !protocols.includes(protocol)) errors.push(unsupported(`${field}.protocol`, protocol, protocols))
  const end = (words: string) => (endPort === undefined ? [] : [invalid(`${field}.endPort`, endPort, words)])
  if (port === undefined) return [...errors, ...end('may not be specified when `port` is not specified')]
  if (typeof port === 'string')
    return [
      ...errors,
      ...end('may not be specified when `port` is non-numeric'),
      ...portName(port).map((words) => invalid(`${field}.port`, port, words)),
    ]
  errors.push(...validatePortNumber(port, `${field}.port`))
  if (endPort !== undefined && endPort < port) errors.push(invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`'))
  return endPort === undefined ? errors : [...errors, ...validatePortNumber(endPort, `${field}.endPort`)]
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NonNullable<PolicyRule['from']>[number], field: string): FieldError[] {
  const errors = [
    ...validateSelector(podSelector, `${field}.podSelector`),
    ...validateSelector(namespaceSelector, `${field}.namespaceSelector`),
  ]
  if (!podSelector && !namespaceSelector && !ipBlock) return [...errors, required(field, 'must specify a peer')]
  if (!ipBlock) return errors
  if (podSelector || namespaceSelector) errors.push(forbidden(field, 'may not specify both ipBlock and another peer'))
  if (!ipBlock.cidr) return [...errors, required(`${field}.ipBlock.cidr`)]
  const wrong = (path: string, cidr: string) =>
    CIDR.test(cidr) ? [] : [invalid(path, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  errors.push(...wrong(`${field}.ipBlock.cidr`, ipBlock.cidr))
  ipBlock.except?.forEach((cidr, index) => errors.push(...wrong(`${field}.ipBlock.except[${index}]`, cidr)))
  return errors
}

const CIDR = /^(((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!\/)|(?=\/))){4}\/(3[0-2]|[12]?\d)|[0-9a-f:]*:[0-9a-f:.]*\/\d{1,3})$/i

export const lease: KindBehaviour = {
  validate(object) {
    const spec = (object as unknown as { readonly spec?: { readonly leaseDurationSeconds?: number; readonly leaseTransitions?: number } })
      .spec
    const duration = spec?.leaseDurationSeconds
    return [
      ...(duration !== undefined && duration <= 0 ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')] : []),
      ...atLeastZero('spec.leaseTransitions', spec?.leaseTransitions),
    ]
  },
}

export const endpointSlice: KindBehaviour = {
  generation: true,
  defaults(draft) {
    for (const port of children(draft, 'ports')) {
      if (port['name'] === undefined) port['name'] = ''
      setDefaults(port, { protocol: 'TCP' })
    }
  },
  validate(object) {
    const { endpoints } = object as unknown as { readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] }
    return (endpoints ?? []).flatMap(({ addresses }, index) =>
      addresses?.length ? [] : [required(`endpoints[${index}].addresses`, 'must contain at least 1 address')],
    )
  },
}

export const withGeneration: KindBehaviour = { generation: true }
