import { forbidden, invalid, required, unsupported } from '../resources/field-error.ts'
import { costError, itemsIn } from './cel-cost.ts'
import { compileError, parseRule, usesOldSelf } from './cel.ts'
import { fieldOf, inner } from './structural.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { JsonValue } from '../resources/object.ts'
import type { Rule, Structural } from './structural.ts'

const REASONS = ['FieldValueRequired', 'FieldValueInvalid', 'FieldValueForbidden', 'FieldValueDuplicate']

/** Rules that compile, and end in time. @param times how many values there can be of the schema */
export function validateRuleTexts(schema: Structural, path: string, root: boolean, times = 1): FieldError[] {
  const resource = root || (schema['x-kubernetes-embedded-resource'] ?? false)
  const here = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    ruleErrors(schema, rule, `${path}.x-kubernetes-validations[${index}]`, resource, times),
  )
  return [
    ...here,
    ...inner(schema).flatMap(([name, one]) =>
      validateRuleTexts(one, `${path}.${name}`, false, name.startsWith('properties[') ? times : times * itemsIn(schema)),
    ),
  ]
}

function ruleErrors(schema: Structural, rule: Rule, path: string, root: boolean, times: number): FieldError[] {
  const errors: FieldError[] = []
  if (!rule.rule?.trim()) errors.push(required(`${path}.rule`, 'rule is not specified'))
  if (rule.message !== undefined && rule.message !== '' && rule.message.trim() === '')
    errors.push(invalid(`${path}.message`, rule.message, 'message must be non-empty if specified'))
  if (rule.message?.trim().includes('\n')) errors.push(invalid(`${path}.message`, rule.message, 'message must not contain line breaks'))
  if (rule.rule?.trim().includes('\n') && !rule.message)
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'))
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) errors.push(unsupported(`${path}.reason`, rule.reason, REASONS))
  if (rule.fieldPath && !isFieldPath(schema, rule.fieldPath))
    errors.push(invalid(`${path}.fieldPath`, rule.fieldPath, 'fieldPath must be a valid path'))
  if (errors.length > 0) return errors
  if (rule.optionalOldSelf !== undefined && !usesOldSelf(rule.rule))
    errors.push(invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  const wrong = compileError(schema, rule, rule.rule, 'bool', root)
  if (wrong !== undefined) return [...errors, invalid(`${path}.rule`, shown(rule), wrong)]
  const costly = costError(parseRule(rule.rule), schema, times)
  if (costly !== undefined) errors.push(forbidden(`${path}.rule`, costly))
  const wrongMessage = rule.messageExpression ? compileError(schema, rule, rule.messageExpression, 'string', root) : undefined
  if (wrongMessage !== undefined)
    errors.push(
      invalid(
        `${path}.messageExpression`,
        shown(rule),
        wrongMessage.replace(/^compilation failed/, 'messageExpression compilation failed'),
      ),
    )
  return errors
}

/** As the server's own type is written. */
function shown(rule: Rule): JsonValue {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

function isFieldPath(schema: Structural, path: string): boolean {
  if (!/^(\.[^.[\]]+|\['[^']+'\])+$/.test(path)) return false
  let at: Structural | undefined = schema
  for (const [, name, quoted] of path.matchAll(/\.([^.[\]]+)|\['([^']+)'\]/g)) at = at && fieldOf(at, name ?? quoted ?? '')
  return at !== undefined
}
