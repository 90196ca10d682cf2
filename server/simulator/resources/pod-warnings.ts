import { same } from './draft.ts'
import { nanoOf } from './quantity.ts'
import type { Container, ContainerPort, NodeSelectorTerm, Pod, PodSpec, PodTemplateSpec } from './kinds.ts'
import type { JsonObject, StoredObject } from './object.ts'

/**
 * What the API server says of pods, and of templates, that it takes.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/api/pod/warnings.go
 */

type Annotations = { readonly [key: string]: string } | undefined
type Placed = readonly [container: Container, field: string]

const DEPRECATED_ANNOTATIONS = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

const DEPRECATED_LABELS: { readonly [key: string]: string } = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

const DEPRECATED_VOLUMES = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

export function podWarnings({ metadata, spec }: Pod): readonly string[] {
  return spec ? warningsOf(spec, metadata.annotations, '') : []
}

/**
 * Of the template that a kind makes pods from; said when the kind is made, and when it changes.
 * @param path of the template: `spec.template`
 */
export function templateWarnings(object: StoredObject, old: StoredObject | undefined, path: string): readonly string[] {
  const at = (whole: JsonObject | undefined): JsonObject | undefined =>
    path.split('.').reduce<JsonObject | undefined>((part, key) => part?.[key] as JsonObject | undefined, whole)
  if (old && same(object['spec'], old['spec'])) return []
  const template = at(object) as PodTemplateSpec | undefined
  return template?.spec ? warningsOf(template.spec, template.metadata?.annotations, `${path}.`) : []
}

function warningsOf(spec: PodSpec, annotations: Annotations, prefix: string): readonly string[] {
  const field = `${prefix}spec`
  const containers = (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container: Container, index): Placed => [container, `${field}.${list}[${index}]`]),
  )
  return [
    ...placementWarnings(spec, field),
    ...Object.entries(DEPRECATED_ANNOTATIONS).flatMap(([key, words]) =>
      annotations?.[key] === undefined ? [] : [`${prefix}metadata.annotations[${key}]: ${words}`],
    ),
    ...volumeWarnings(spec, field),
    ...nameWarnings(spec, field),
    ...containers.flatMap(([container, path]) => containerWarnings(container, path)),
    ...portWarnings(containers),
    ...graceWarnings(spec, field),
    ...affinityWarnings(spec, field),
  ]
}

function placementWarnings(spec: PodSpec, field: string): string[] {
  const warnings: string[] = []
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const words = DEPRECATED_LABELS[key]
    if (words) warnings.push(`${field}.nodeSelector[${key}]: ${words}`)
  }
  const term = ({ matchExpressions }: NodeSelectorTerm, path: string) =>
    matchExpressions?.forEach(({ key }, index) => {
      const words = DEPRECATED_LABELS[key]
      if (words) warnings.push(`${path}.matchExpressions[${index}].key: ${key} is ${words}`)
    })
  const node = spec.affinity?.nodeAffinity
  const base = `${field}.affinity.nodeAffinity`
  node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((one, index) =>
    term(one, `${base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`),
  )
  node?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ preference }, index) =>
    term(preference, `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`),
  )
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, index) => {
    const path = `${field}.topologySpreadConstraints[${index}]`
    const words = DEPRECATED_LABELS[topologyKey]
    if (words) warnings.push(`${path}.topologyKey: ${topologyKey} is ${words}`)
    if (!labelSelector) warnings.push(`${path}.labelSelector: a null labelSelector results in matching no pod`)
  })
  return warnings
}

function volumeWarnings(spec: PodSpec, field: string): string[] {
  return (spec.volumes ?? []).flatMap((volume, index) =>
    DEPRECATED_VOLUMES.filter(([kind]) => volume[kind] !== undefined).map(
      ([, said, words]) => `${field}.volumes[${index}].${said}: ${words}`,
    ),
  )
}

function nameWarnings(spec: PodSpec, field: string): string[] {
  const hosts = (spec.hostAliases ?? []).map(({ ip }) => ip)
  const secrets = (spec.imagePullSecrets ?? []).map(({ name }) => name ?? '')
  const twice = (values: readonly string[], path: string, key: string, what: string) =>
    values.flatMap((value, index) =>
      values.indexOf(value) < index ? [`${field}.${path}[${index}].${key}: duplicate ${what} ${JSON.stringify(value)}`] : [],
    )
  return [
    ...twice(hosts, 'hostAliases', 'ip', 'ip'),
    ...twice(secrets, 'imagePullSecrets', 'name', 'name'),
    ...secrets.flatMap((name, index) => (name === '' ? [`${field}.imagePullSecrets[${index}].name: invalid empty name ""`] : [])),
    ...(['memory', 'ephemeral-storage'] as const).flatMap((name) => fractional(spec.overhead?.[name], `${field}.overhead[${name}]`)),
  ]
}

function fractional(value: string | number | undefined, field: string): string[] {
  return value !== undefined && nanoOf(String(value)) % 1_000_000_000n !== 0n
    ? [`${field}: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`]
    : []
}

/** Grace that was negative once meant none. */
function graceWarnings({ terminationGracePeriodSeconds: grace }: PodSpec, field: string): string[] {
  return grace !== undefined && grace < 0
    ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
    : []
}

function containerWarnings(container: Container, field: string): string[] {
  const warnings = (['memory', 'ephemeral-storage'] as const).flatMap((name) =>
    (['limits', 'requests'] as const).flatMap((part) =>
      fractional(container.resources?.[part]?.[name], `${field}.resources.${part}[${name}]`),
    ),
  )
  const seen = new Set<string>()
  container.env?.forEach(({ name, value = '', valueFrom }, index) => {
    const reference = `$(${name})`
    // A value may be built on the one before it.
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference)
    if (seen.has(name) && hides)
      warnings.push(`${field}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`)
    seen.add(name)
  })
  return warnings
}

function portWarnings(containers: readonly Placed[]): string[] {
  const warnings: string[] = []
  const known = new Map<string, (readonly [port: ContainerPort, field: string])[]>()
  for (const [{ ports }, path] of containers) {
    ports?.forEach((port, index) => {
      const field = `${path}.ports[${index}]`
      const { hostIP = '', hostPort = 0, containerPort, name = '', protocol = '' } = port
      if (hostIP && hostPort === 0)
        warnings.push(
          `${field}: hostIP set without hostPort: {Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`,
        )
      const key = `${containerPort}/${protocol}`
      const others = known.get(key) ?? []
      for (const [other, where] of others) {
        const [otherPort, otherIP] = [other.hostPort ?? 0, other.hostIP ?? '']
        if (hostIP === otherIP && hostPort === otherPort) warnings.push(`${field}: duplicate port definition with ${where}`)
        else if (hostPort === 0 || otherPort === 0) warnings.push(`${field}: overlapping port definition with ${where}`)
        else if (hostPort === otherPort && (hostIP === '') !== (otherIP === ''))
          warnings.push(`${field}: dangerously ambiguous port definition with ${where}`)
      }
      known.set(key, [...others, [port, field]])
    })
  }
  return warnings
}

function affinityWarnings(spec: PodSpec, field: string): string[] {
  const none = 'a null labelSelector results in matching no pod'
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((key) => {
    const base = `${field}.affinity.${key}`
    const { requiredDuringSchedulingIgnoredDuringExecution: must = [], preferredDuringSchedulingIgnoredDuringExecution: may = [] } =
      spec.affinity?.[key] ?? {}
    return [
      ...must.flatMap(({ labelSelector }, index) =>
        labelSelector ? [] : [`${base}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${none}`],
      ),
      ...may.flatMap(({ podAffinityTerm }, index) =>
        podAffinityTerm?.labelSelector
          ? []
          : [`${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector: ${none}`],
      ),
    ]
  })
}
