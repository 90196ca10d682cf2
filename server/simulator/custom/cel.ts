import { Environment, EvaluationError, Optional } from '@marcbachmann/cel-js'
import { addKubernetesLibrary, equal } from './cel-library.ts'
import { withPlainObjects } from './cel-objects.ts'
import { celType, celValue } from './cel-types.ts'
import type { ParseError, TypeError } from '@marcbachmann/cel-js'
import type { JsonValue } from '../resources/object.ts'
import type { Expression } from './cel-cost.ts'
import type { StructType } from './cel-types.ts'
import type { Rule, Structural } from './structural.ts'

/** The one door to CEL: says what is wrong with a rule, and what a rule says of a value. */

const OPTIONS = { enableOptionalTypes: true, homogeneousAggregateLiterals: false } as const

export type CelEnvironment = Environment

function kubernetesEnvironment(): Environment {
  return addKubernetesLibrary(new Environment(OPTIONS), { of: (value) => Optional.of(value), none: () => Optional.none() })
}

/** Rules are checked against types when they are defined; after that, values speak for themselves. */
const untyped = kubernetesEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn')

/** A rule that compiles, taken apart. */
export function parseRule(expression: string): Expression {
  return untyped.parse(expression).ast
}

export function usesOldSelf(expression: string): boolean {
  return /\boldSelf\b/.test(expression)
}

/** @returns what is wrong with it, as the compiler says it; undefined when nothing is */
export function compileError(
  schema: Structural,
  rule: Rule,
  expression: string,
  wanted: 'bool' | 'string',
  root: boolean,
): string | undefined {
  const environment = kubernetesEnvironment()
  const structs: StructType[] = []
  const type = celType(schema, 'object', structs, root)
  try {
    for (const { name, fields } of structs) {
      environment.registerType(name, { fields: { ...fields } })
      environment.registerOperator(`${name} == ${name}`, (a: unknown, b: unknown) => equal(a, b))
    }
    environment.registerVariable('self', type).registerVariable('oldSelf', rule.optionalOldSelf ? `optional<${type}>` : type)
  } catch {
    // What the library cannot type is checked without types.
    return problem(untyped, expression, wanted)
  }
  return problem(environment, expression, wanted)
}

function problem(environment: Environment, expression: string, wanted: 'bool' | 'string'): string | undefined {
  const { valid, type, error } = environment.check(expression)
  if (!valid) return `compilation failed: ${error ? compilerWords(expression, error) : 'ERROR: <input>:1:1: unknown'}`
  return type === wanted || type === 'dyn'
    ? undefined
    : `${wanted === 'bool' ? 'cel' : 'messageExpression'} expression must evaluate to a ${wanted}`
}

/** The mistake, with the line that it is in and a mark below it. */
function compilerWords(expression: string, error: ParseError | TypeError): string {
  const summary = error.message.split('\n')[0] ?? ''
  const start = error.range?.start ?? 0
  const before = expression.slice(0, start).split('\n')
  const column = before.at(-1)?.length ?? 0
  const line = expression.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: ${words(summary, error.name)}\n | ${line}\n | ${'.'.repeat(column)}^`
}

function words(summary: string, name: string): string {
  if (name === 'ParseError') return `Syntax error: ${summary}`
  const field = /^No such key: (.*)$/.exec(summary)?.[1]
  if (field !== undefined) return `undefined field '${field}'`
  const variable = /^Unknown variable: (.*)$/.exec(summary)?.[1]
  if (variable !== undefined) return `undeclared reference to '${variable}' (in container '')`
  const overload = /^no such overload: (.+) (==|!=|<=|>=|[-<>+*/%]|in) (.+)$/.exec(summary)
  if (overload)
    return `found no matching overload for '${overload[2] === 'in' ? '@in' : `_${overload[2] ?? ''}_`}' applied to '(${overload[1] ?? ''}, ${overload[3] ?? ''})'`
  return summary
}

/** What a value is to rules, made once for all rules about it. */
export interface Subject {
  readonly self: unknown
  /** Undefined where nothing was there before. */
  readonly oldSelf: unknown
}

export function subjectOf(schema: Structural, value: JsonValue, old: JsonValue | undefined, root: boolean): Subject {
  return { self: celValue(schema, value, root), oldSelf: old === undefined ? undefined : celValue(schema, old, root) }
}

export type Verdict = { readonly value: unknown } | { readonly error: string }

const parsed = new Map<string, ReturnType<Environment['parse']>>()

export function evaluate(rule: Rule, expression: string, { self, oldSelf }: Subject): Verdict {
  try {
    let program = parsed.get(expression)
    if (!program) {
      program = untyped.parse(expression)
      if (parsed.size > 2000) parsed.clear()
      parsed.set(expression, program)
    }
    const before = rule.optionalOldSelf ? (oldSelf === undefined ? Optional.none() : Optional.of(oldSelf)) : oldSelf
    return { value: program({ self, oldSelf: before ?? null }) as unknown }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { error: error instanceof EvaluationError ? message.replace(/^No such key/, 'no such key') : message }
  }
}

const policies = kubernetesEnvironment()
for (const name of ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables']) policies.registerVariable(name, 'dyn')
policies.registerFunction('escapeJsonPointer(string): string', (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1'))

/** What a mutating policy's expression makes, as JSON. */
export function evaluateMutation(expression: string, variables: { readonly [name: string]: JsonValue | undefined }): Verdict {
  const verdict = evaluatePolicy(withPlainObjects(expression), variables)
  return 'value' in verdict ? { value: jsonValue(verdict.value) } : verdict
}

/** Optional fields are there or are not. */
function jsonValue(value: unknown): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Optional) return value.hasValue() ? jsonValue(value.value()) : null
  if (Array.isArray(value)) return value.map((item: unknown) => jsonValue(item))
  if (typeof value !== 'object' || value === null) return (value ?? null) as JsonValue
  const entries: readonly [unknown, unknown][] = value instanceof Map ? [...value.entries()] : Object.entries(value)
  return Object.fromEntries(
    entries.flatMap(([key, field]): [string, JsonValue][] => {
      const name = String(key)
      if (!name.startsWith('?')) return [[name, jsonValue(field)]]
      return field instanceof Optional && !field.hasValue() ? [] : [[name.slice(1), jsonValue(field)]]
    }),
  )
}

/** What an admission policy's expression says. @param variables as Kubernetes' documentation names them; JSON */
export function evaluatePolicy(expression: string, variables: { readonly [name: string]: JsonValue | undefined }): Verdict {
  try {
    const given = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, plainValue(value)]))
    return { value: policies.evaluate(expression, given) as unknown }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { error: message.replace(/^No such key/, 'no such key') }
  }
}

/** Whole numbers are integers in Kubernetes' JSON. */
function plainValue(value: JsonValue | undefined): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map((item: JsonValue) => plainValue(item))
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(
    Object.entries(value as { readonly [key: string]: JsonValue | undefined }).flatMap(([key, field]) =>
      field === undefined ? [] : [[key, plainValue(field)]],
    ),
  )
}
