import type { ObjectCondition } from '../protocol/blocks.ts'

/** How the commonest resources are called, one of them and several, by any name that kubectl takes. Others go by the name that the deck gives. */
const nouns: readonly (readonly [one: string, several: string, ...names: readonly string[]])[] = [
  ['pod', 'pods', 'pod', 'pods', 'po'],
  ['node', 'nodes', 'node', 'nodes', 'no'],
  ['namespace', 'namespaces', 'namespace', 'namespaces', 'ns'],
  ['service', 'services', 'service', 'services', 'svc'],
  ['event', 'events', 'event', 'events', 'ev'],
  ['secret', 'secrets', 'secret', 'secrets'],
  ['config map', 'config maps', 'configmap', 'configmaps', 'cm'],
  ['service account', 'service accounts', 'serviceaccount', 'serviceaccounts', 'sa'],
  ['claim', 'claims', 'persistentvolumeclaim', 'persistentvolumeclaims', 'pvc'],
  ['volume', 'volumes', 'persistentvolume', 'persistentvolumes', 'pv'],
  ['storage class', 'storage classes', 'storageclass', 'storageclasses', 'sc'],
  ['deployment', 'deployments', 'deployment', 'deployments', 'deploy'],
  ['stateful set', 'stateful sets', 'statefulset', 'statefulsets', 'sts'],
  ['daemon set', 'daemon sets', 'daemonset', 'daemonsets', 'ds'],
  ['replica set', 'replica sets', 'replicaset', 'replicasets', 'rs'],
  ['job', 'jobs', 'job', 'jobs'],
  ['cron job', 'cron jobs', 'cronjob', 'cronjobs', 'cj'],
  ['ingress', 'ingresses', 'ingress', 'ingresses', 'ing'],
  ['network policy', 'network policies', 'networkpolicy', 'networkpolicies', 'netpol'],
  ['endpoint slice', 'endpoint slices', 'endpointslice', 'endpointslices'],
  ['autoscaler', 'autoscalers', 'horizontalpodautoscaler', 'horizontalpodautoscalers', 'hpa'],
]
const byName = new Map(nouns.flatMap(([one, several, ...names]) => names.map((name) => [name, { one, several }])))
/** Group of each that has one, so that `deployments.apps` is a deployment and a kind of somebody's own is not. */
const groups = new Set(['apps', 'batch', 'autoscaling', 'networking.k8s.io', 'storage.k8s.io', 'discovery.k8s.io', 'events.k8s.io'])

/** What a resource is called: one of it, and several. */
export function nounsOf(resource: string): { readonly one: string; readonly several: string } {
  const [first = '', ...rest] = resource.toLowerCase().split('.')
  const known = rest.length === 0 || groups.has(rest.join('.')) ? byName.get(first) : undefined
  return known ?? { one: resource, several: resource }
}

/** The objects that a condition is about, as a sentence has them: `the deployment web`, `pods with app=web in the namespace shop`. */
export function objectsOf({ object, name, namespace, selector }: ObjectCondition): string {
  const { one, several } = nounsOf(object)
  const where = namespace === undefined || namespace === 'default' ? '' : ` in the namespace ${namespace}`
  return `${name === undefined ? several : `${one} ${name}`}${selector === undefined ? '' : ` with ${selector}`}${where}`
}

/** That there are none of them. */
export function noneOf(condition: ObjectCondition): string {
  return `There ${condition.name === undefined ? 'are' : 'is'} no ${objectsOf(condition)} yet.`
}

/** How many there are. */
export function countOf(condition: ObjectCondition, count: number): string {
  const { name, object } = condition
  if (count === 0) return noneOf(condition)
  if (name !== undefined) return `There is a ${objectsOf(condition)}.`
  const { one, several } = nounsOf(object)
  return `There ${count === 1 ? 'is' : 'are'} ${count} ${objectsOf(condition).replace(several, count === 1 ? one : several)}.`
}

interface Described {
  readonly metadata?: { readonly name?: string }
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type?: string
      readonly status?: string
      readonly reason?: string
      readonly message?: string
    }[]
  }
}

/** What a field of an object is, where another value is wanted. @param values those that the field has */
export function fieldOf({ object: resource, field = '' }: ObjectCondition, object: unknown, values: readonly unknown[]): string {
  const { metadata, spec, status } = object as Described
  const whose = `${capital(nounsOf(resource).one)} ${metadata?.name ?? '?'}`
  const shownValues = values.filter((value) => value !== undefined && value !== null).map(shown)
  const plain = field.replace(/^\.?(?:spec\.template\.spec\.)?/, '')
  const state = replicaFields[plain]
  if (state !== undefined) return `${whose}: ${replicasOf(state, spec?.replicas ?? 1, Number(shownValues[0] ?? 0))}.`
  if (plain === 'status.phase' && shownValues[0] !== undefined) return `${whose} is ${shownValues[0]}.`
  const type = /^status\.conditions\[\?\(\s*@\.type\s*==\s*["']?(\w+)["']?\s*\)\]\.status$/.exec(plain)?.[1]
  const condition = type === undefined ? undefined : status?.conditions?.find((each) => each.type === type)
  if (condition) {
    const why = condition.message ?? condition.reason
    return `${whose}: ${type} is ${condition.status ?? 'unknown'}${why === undefined || why === '' ? '' : ` (${why.slice(0, 200)})`}.`
  }
  return shownValues.length === 0 ? `${whose} has no ${plain}.` : `${whose}: ${plain} is ${shownValues.slice(0, 5).join(', ')}.`
}

/** Fields that count a controller's pods, and what they count. They are not there while there are none. */
const replicaFields: Readonly<Record<string, string>> = {
  'status.readyReplicas': 'ready',
  'status.availableReplicas': 'available',
  'status.numberReady': 'ready',
}

function replicasOf(state: string, wanted: number, count: number): string {
  if (wanted === 0) return 'it is scaled to no pods at all'
  if (wanted === 1 && count === 0) return `its one pod is not ${state}`
  return `${count === 0 ? 'none' : count} of its ${wanted} pods ${count < 2 ? 'is' : 'are'} ${state}`
}

/** A value as a sentence has it. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
