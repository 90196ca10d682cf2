import type { ObjectCondition } from '../protocol/blocks.ts'
import { knownResource } from './resources.ts'

/** What a resource is called: one of it, and several. Others than the commonest go by the name that the deck gives. */
export function nounsOf(resource: string): { readonly one: string; readonly several: string } {
  return knownResource(resource) ?? { one: resource, several: resource }
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
