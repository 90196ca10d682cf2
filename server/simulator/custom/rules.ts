import { isObject, same } from '../resources/draft.ts'
import { duplicate, forbidden, invalid, required } from '../resources/field-error.ts'
import { evaluate, subjectOf, usesOldSelf } from './cel.ts'
import { fieldOf, joined } from './structural.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonValue } from '../resources/object.ts'
import type { Subject } from './cel.ts'
import type { Rule, Structural } from './structural.ts'

/**
 * Holds a value to its schema's rules, those about its parts included. Rules about a change (`oldSelf`) count only where
 * what was there before can be told.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export function validateRules(
  schema: Structural,
  value: JsonValue | undefined,
  old: JsonValue | undefined,
  path = '',
  root = true,
): FieldError[] {
  if (value === undefined || value === null || !hasRules(schema)) return []
  const errors = ruleErrors(schema, value, old ?? undefined, path, root)
  if (Array.isArray(value)) {
    const { items } = schema
    if (!items) return errors
    ;(value as readonly JsonValue[]).forEach((item, index) => {
      errors.push(
        ...validateRules(
          items,
          item,
          counterpart(schema, item, old),
          `${path}[${index}]`,
          items['x-kubernetes-embedded-resource'] ?? false,
        ),
      )
    })
    return errors
  }
  if (!isObject(value)) return errors
  for (const key of Object.keys(value).toSorted()) {
    const field = fieldOf(schema, key)
    if (field)
      errors.push(
        ...validateRules(
          field,
          value[key],
          isObject(old) ? old[key] : undefined,
          joined(path, key),
          field['x-kubernetes-embedded-resource'] ?? false,
        ),
      )
  }
  return errors
}

const ruled = new WeakMap<Structural, boolean>()

/** Whether the schema, or one inside it, has rules. */
export function hasRules(schema: Structural): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  const inside = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ]
  const found = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || inside.some((one) => hasRules(one))
  ruled.set(schema, found)
  return found
}

/** The item's earlier self: only lists that are maps can tell. */
function counterpart(schema: Structural, item: JsonValue, old: JsonValue | undefined): JsonValue | undefined {
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !Array.isArray(old) || !isObject(item)) return undefined
  return (old as readonly JsonValue[]).find((other) => isObject(other) && keys.every((key) => same(other[key], item[key])))
}

function ruleErrors(schema: Structural, value: JsonValue, old: JsonValue | undefined, path: string, root: boolean): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const subject = subjectOf(schema, value, old, root)
  const type = schema['x-kubernetes-int-or-string'] ? 'string' : (schema.type ?? '')
  return rules.flatMap((rule) => {
    if (usesOldSelf(rule.rule) && old === undefined && !rule.optionalOldSelf) return []
    const verdict = evaluate(rule, rule.rule, subject)
    if ('error' in verdict) return [invalid(path || '<nil>', type, `${verdict.error} evaluating rule: ${rule.message || rule.rule.trim()}`)]
    if (verdict.value === true) return []
    // An error in a part that nobody touched does not keep the rest from changing.
    if (old !== undefined && !usesOldSelf(rule.rule) && same(value, old)) return []
    return [
      failed(
        rule,
        type,
        (path || (rule.fieldPath ? '' : '<nil>')) + (rule.fieldPath ? (path ? rule.fieldPath : rule.fieldPath.replace(/^\./, '')) : ''),
        subject,
      ),
    ]
  })
}

function failed(rule: Rule, type: string, path: string, subject: Subject): FieldError {
  const words = messageOf(rule, subject)
  if (rule.reason === 'FieldValueForbidden') return forbidden(path, words)
  if (rule.reason === 'FieldValueRequired') return required(path, words)
  if (rule.reason === 'FieldValueDuplicate') return duplicate(path, type)
  return invalid(path, type, words)
}

function messageOf(rule: Rule, subject: Subject): string {
  if (rule.messageExpression) {
    const verdict = evaluate(rule, rule.messageExpression, subject)
    const text = 'value' in verdict && typeof verdict.value === 'string' ? verdict.value.trim() : ''
    if (text !== '' && !text.includes('\n') && text.length <= 5120) return text
  }
  return rule.message || `failed rule: ${rule.rule.trim()}`
}
