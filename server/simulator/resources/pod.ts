import { forbidden as refuse } from '../api/errors.ts'
import { child, children, ensure, text } from './draft.ts'
import { defaultPodSpec, defaultRequests } from './pod-defaults.ts'
import { validatePod } from './pod-rules.ts'
import { applyRuntimeClass } from './pod-runtime-class.ts'
import { validatePodUpdate } from './pod-update.ts'
import { podWarnings } from './pod-warnings.ts'
import type { KindBehaviour, Surroundings } from './behaviour.ts'
import type { Pod } from './kinds.ts'
import type { Draft, JsonObject } from './object.ts'

const OF_POD = { group: '', resource: 'pods', kind: 'Pod' }
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
/** What a pod with scheduling gates is told at once. */
const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: null,
}
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

export const pod: KindBehaviour = {
  generation: true,
  returnsDeleted: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    defaultPodSpec(spec)
    defaultRequests(spec)
    // A negative grace period once meant: at once.
    if (Number(spec['terminationGracePeriodSeconds']) < 0) spec['terminationGracePeriodSeconds'] = 1
    if (spec['enableServiceLinks'] === undefined) spec['enableServiceLinks'] = true
  },
  prepareCreate(draft, around) {
    const spec = ensure(draft, 'spec')
    admitServiceAccount(draft, spec, around)
    admitPriority(draft, spec, around)
    admitTolerations(spec)
    const rejected = applyRuntimeClass(spec, (name) => around.get('RuntimeClass', undefined, name))
    if (rejected) throw refuse(OF_POD, text(child(draft, 'metadata'), 'name') ?? '', rejected)
    for (const container of [...children(spec, 'containers'), ...children(spec, 'initContainers')]) {
      // A kubelet's own rule, recorded here as admission does.
      if (container['resources'] === undefined) container['resources'] = {}
    }
    draft['status'] = {
      phase: 'Pending',
      qosClass: qosClass(spec),
      ...(children(spec, 'schedulingGates').length > 0 && { conditions: [GATED] }),
    }
  },
  prepareUpdate(draft, old) {
    // Admission fills these once; an update that leaves them out keeps them.
    const spec = ensure(draft, 'spec')
    const before = (old['spec'] ?? {}) as JsonObject
    for (const key of ['priority', 'preemptionPolicy', 'serviceAccountName', 'serviceAccount', 'nodeName'] as const) {
      if (spec[key] === undefined && before[key] !== undefined) spec[key] = before[key] as string
    }
  },
  validate: (object, _around, old) => validatePod(object as unknown as Pod, old !== undefined),
  validateUpdate: (object, old) => validatePodUpdate(object as unknown as Pod, old as unknown as Pod),
  // Few people change pods, and machines often.
  warnings: (object, old) => (old ? [] : podWarnings(object as unknown as Pod)),
  fields(object) {
    const { spec, status } = object as unknown as Pod
    return {
      'spec.nodeName': spec?.nodeName ?? '',
      'spec.restartPolicy': spec?.restartPolicy ?? '',
      'spec.schedulerName': spec?.schedulerName ?? '',
      'spec.serviceAccountName': spec?.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec?.hostNetwork ?? false),
      'status.phase': status?.phase ?? '',
      'status.podIP': status?.podIP ?? '',
      'status.nominatedNodeName': status?.nominatedNodeName ?? '',
    }
  },
  grace(object, asked) {
    const { spec, status } = object as unknown as Pod
    // Nothing runs: not scheduled, or over already.
    if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0
    const grace = asked ?? spec.terminationGracePeriodSeconds ?? 30
    return grace < 0 ? 1 : grace
  },
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/priority/admission.go */
function admitPriority(draft: Draft, spec: Draft, around: Surroundings): void {
  const name = text(spec, 'priorityClassName')
  const podName = text(child(draft, 'metadata'), 'name') ?? ''
  const asked = spec['priority']
  const chosen = name ? around.get('PriorityClass', undefined, name) : around.list('PriorityClass').find((item) => item.globalDefault)
  if (name && !chosen) throw refuse(OF_POD, podName, `no PriorityClass with name ${name} was found`)
  const value = chosen?.value ?? 0
  if (asked !== undefined && asked !== value) {
    throw refuse(
      OF_POD,
      podName,
      `the integer value of priority (${String(asked)}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  if (chosen && !name) spec['priorityClassName'] = chosen.metadata.name
  spec['priority'] = value
  const policy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
  const preempts = spec['preemptionPolicy']
  if (preempts !== undefined && preempts !== policy) {
    throw refuse(
      OF_POD,
      podName,
      `the string value of PreemptionPolicy (${String(preempts)}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec['preemptionPolicy'] = policy
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/serviceaccount/admission.go */
function admitServiceAccount(draft: Draft, spec: Draft, around: Surroundings): void {
  const meta = child(draft, 'metadata')
  if (child(meta, 'annotations')?.['kubernetes.io/config.mirror'] !== undefined) return
  const namespace = text(meta, 'namespace') ?? ''
  const name = text(spec, 'serviceAccountName') ?? 'default'
  Object.assign(spec, { serviceAccountName: name, serviceAccount: name })
  const account = around.get('ServiceAccount', namespace, name)
  if (!account) {
    throw refuse(
      OF_POD,
      text(meta, 'name') ?? text(meta, 'generateName') ?? '',
      `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    )
  }
  if (account.imagePullSecrets?.length && !children(spec, 'imagePullSecrets').length) {
    spec['imagePullSecrets'] = account.imagePullSecrets.map((secret) => ({ ...secret })) as Draft[]
  }
  if ((spec['automountServiceAccountToken'] ?? account.automountServiceAccountToken) === false) return
  mountToken(spec, around)
}

function mountToken(spec: Draft, around: Surroundings): void {
  const existing = children(spec, 'volumes').find((volume) => text(volume, 'name')?.startsWith('kube-api-access-'))
  const suffix = Array.from({ length: 5 }, () => ALPHABET[Math.floor(around.platform.random() * ALPHABET.length)] ?? 'x').join('')
  const name = text(existing, 'name') ?? `kube-api-access-${suffix}`
  let mounted = false
  for (const container of [...children(spec, 'containers'), ...children(spec, 'initContainers')]) {
    const mounts = children(container, 'volumeMounts')
    if (mounts.some((mount) => mount['mountPath'] === TOKEN_PATH)) continue
    mounted = true
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: TOKEN_PATH }]
  }
  if (!mounted || existing) return
  spec['volumes'] = [
    ...children(spec, 'volumes'),
    {
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
        defaultMode: 420,
      },
    },
  ]
}

/** Pods outlive their node's trouble by five minutes, unless they say otherwise. */
function admitTolerations(spec: Draft): void {
  const tolerations = children(spec, 'tolerations')
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const covered = tolerations.some((item) => (item['key'] === key || !item['key']) && (item['effect'] === 'NoExecute' || !item['effect']))
    if (!covered) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  }
  spec['tolerations'] = tolerations
}

/** @see https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(spec: Draft): string {
  const containers = [...children(spec, 'containers'), ...children(spec, 'initContainers')]
  const resources = containers.map((container) => ({
    requests: child(child(container, 'resources'), 'requests') ?? {},
    limits: child(child(container, 'resources'), 'limits') ?? {},
  }))
  const computes = (values: Draft) => ['cpu', 'memory'].filter((name) => values[name] !== undefined && values[name] !== '0')
  if (resources.every(({ requests, limits }) => computes(requests).length + computes(limits).length === 0)) return 'BestEffort'
  const guaranteed = resources.every(
    ({ requests, limits }) => computes(limits).length === 2 && computes(limits).every((name) => requests[name] === limits[name]),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
