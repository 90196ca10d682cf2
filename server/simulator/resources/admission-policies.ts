import { defaultMatching, oneOf, validateConditions, validateFailurePolicy, validateMatchResources } from './admission-rules.ts'
import { child, children, ensure, setDefaults, text } from './draft.ts'
import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { dns1035Label, pathSegment, qualifiedName, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { LabelSelector } from './kinds.ts'
import type { Draft, StoredObject } from './object.ts'

const RULES = ['resourceRules', 'excludeResourceRules']
const ACTIONS = ['Audit', 'Deny', 'Warn']
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const NOT_FOUND_ACTIONS = ['Allow', 'Deny']
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch']
const EITHER = 'validations or auditAnnotations must contain at least one item'

const specOf = (object: StoredObject) => child(object as Draft, 'spec')
const blank = (value: string | undefined) => (value ?? '').trim() === ''

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/validation/validation.go validateValidatingAdmissionPolicySpec */
export const validatingPolicy: KindBehaviour = {
  generation: true,
  defaults: (draft) => defaultPolicy(ensure(draft, 'spec')),
  prepareCreate: (draft) => void (draft['status'] = {}),
  validate(object) {
    const spec = specOf(object)
    const validations = children(spec, 'validations')
    const annotations = children(spec, 'auditAnnotations')
    return [
      ...validatePolicy(spec),
      ...(validations.length + annotations.length === 0
        ? [required('spec.validations', EITHER), required('spec.auditAnnotations', EITHER)]
        : []),
      ...validations.flatMap((validation, index) => validateValidation(validation, `spec.validations[${index}]`)),
      ...annotations.flatMap((annotation, index) => {
        const field = `spec.auditAnnotations[${index}]`
        const key = text(annotation, 'key') ?? ''
        return [
          ...(key === '' ? [required(`${field}.key`)] : qualifiedName(key).map((words) => invalid(`${field}.key`, key, words))),
          ...(blank(text(annotation, 'valueExpression')) ? [required(`${field}.valueExpression`, 'valueExpression is not specified')] : []),
          ...(annotations.findIndex((other) => text(other, 'key') === key) < index ? [duplicate(`${field}.key`, key)] : []),
        ]
      }),
    ]
  },
}

export const mutatingPolicy: KindBehaviour = {
  generation: true,
  defaults: (draft) => defaultPolicy(ensure(draft, 'spec')),
  validate(object) {
    const spec = specOf(object)
    const mutations = children(spec, 'mutations')
    const again = text(spec, 'reinvocationPolicy')
    return [
      ...validatePolicy(spec),
      ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
      ...mutations.flatMap((mutation, index) =>
        text(mutation, 'patchType') === undefined
          ? [required(`spec.mutations[${index}].patchType`)]
          : oneOf(`spec.mutations[${index}].patchType`, text(mutation, 'patchType'), PATCH_TYPES),
      ),
      ...(again === undefined ? [required('spec.reinvocationPolicy')] : oneOf('spec.reinvocationPolicy', again, ['IfNeeded', 'Never'])),
    ]
  },
}

function defaultPolicy(spec: Draft): void {
  setDefaults(spec, { failurePolicy: 'Fail' })
  const constraints = child(spec, 'matchConstraints')
  if (constraints) defaultMatching(constraints, RULES)
}

function validatePolicy(spec: Draft | undefined): FieldError[] {
  const kind = child(spec, 'paramKind')
  const constraints = child(spec, 'matchConstraints')
  const field = 'spec.matchConstraints'
  return [
    ...validateFailurePolicy(spec, 'spec'),
    ...(kind ? validateParamKind(kind) : []),
    ...(constraints ? validateMatchResources(constraints, field) : [required(field)]),
    ...(constraints && children(constraints, 'resourceRules').length === 0 ? [required(`${field}.resourceRules`)] : []),
    ...validateConditions(spec, 'spec'),
    ...children(spec, 'variables').flatMap((variable, index) => validateVariable(variable, `spec.variables[${index}]`)),
  ]
}

function validateVariable(variable: Draft, field: string): FieldError[] {
  const name = text(variable, 'name') ?? ''
  return [
    ...(blank(name)
      ? [required(`${field}.name`, 'name is not specified')]
      : /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name)
        ? []
        : [invalid(`${field}.name`, name, 'name is not a valid CEL identifier')]),
    ...(blank(text(variable, 'expression')) ? [required(`${field}.expression`, 'expression is not specified')] : []),
  ]
}

function validateParamKind(of: Draft): FieldError[] {
  const field = 'spec.paramKind'
  const version = text(of, 'apiVersion') ?? ''
  const kind = text(of, 'kind') ?? ''
  const parts = version.split('/')
  const group = parts.length === 2 ? (parts[0] ?? '') : ''
  const wrongKind = dns1035Label(kind.toLowerCase())
  const joined = (value: string, words: readonly string[]) =>
    words.length > 0 ? [invalid(`${field}.apiVersion`, value, words.join(','))] : []
  const last = parts.at(-1) ?? ''
  return [
    ...(version === ''
      ? [required(`${field}.apiVersion`)]
      : parts.length > 2
        ? [invalid(`${field}.apiVersion`, version, `unexpected GroupVersion string: ${version}`)]
        : [
            ...(group === '' ? [] : joined(group, subdomain(group))),
            ...(last === '' ? [invalid(`${field}.apiVersion`, version, 'version must be specified')] : joined(last, dns1035Label(last))),
          ]),
    ...(kind === ''
      ? [required(`${field}.kind`)]
      : wrongKind.length > 0
        ? [invalid(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${wrongKind.join(',')}`)]
        : []),
  ]
}

function validateValidation(validation: Draft, field: string): FieldError[] {
  const [message, expression] = [text(validation, 'message'), text(validation, 'messageExpression')]
  const errors = blank(text(validation, 'expression')) ? [required(`${field}.expression`, 'expression is not specified')] : []
  if (expression && blank(expression)) errors.push(invalid(`${field}.messageExpression`, expression, 'must be non-empty if specified'))
  if (message && blank(message)) errors.push(invalid(`${field}.message`, message, 'message must be non-empty if specified'))
  else if (message?.trim().includes('\n')) errors.push(invalid(`${field}.message`, message, 'message must not contain line breaks'))
  return [...errors, ...oneOf(`${field}.reason`, text(validation, 'reason'), REASONS)]
}

/** Of both kinds; only what validates says what to do. */
export const policyBinding: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const matching = child(child(draft, 'spec'), 'matchResources')
    if (matching) defaultMatching(matching, RULES)
  },
  validate(object) {
    const spec = specOf(object)
    const name = text(spec, 'policyName') ?? ''
    const ref = child(spec, 'paramRef')
    const matching = child(spec, 'matchResources')
    return [
      ...(name === '' ? [required('spec.policyName')] : subdomain(name).map((words) => invalid('spec.policyName', name, words))),
      ...(ref ? validateParamRef(ref, 'spec.paramRef') : []),
      ...(matching ? validateMatchResources(matching, 'spec.matchResources') : []),
      ...(object.kind === 'ValidatingAdmissionPolicyBinding' ? validateActions(spec) : []),
    ]
  },
}

function validateParamRef(ref: Draft, field: string): FieldError[] {
  const name = text(ref, 'name') ?? ''
  const selector = child(ref, 'selector') as unknown as LabelSelector | undefined
  const action = text(ref, 'parameterNotFoundAction')
  const both = 'name and selector are mutually exclusive'
  return [
    ...(name === '' ? [] : pathSegment(name).map((words) => invalid(`${field}.name`, name, words))),
    ...(name !== '' && selector ? [forbidden(`${field}.name`, both)] : []),
    ...validateSelector(selector, `${field}.selector`),
    ...(name !== '' && selector ? [forbidden(`${field}.selector`, both)] : []),
    ...(name === '' && !selector ? [required(field, 'one of name or selector must be specified')] : []),
    ...(action ? oneOf(`${field}.parameterNotFoundAction`, action, NOT_FOUND_ACTIONS) : [required(`${field}.parameterNotFoundAction`)]),
  ]
}

function validateActions(spec: Draft | undefined): FieldError[] {
  const field = 'spec.validationActions'
  const actions = Array.isArray(spec?.['validationActions']) ? spec['validationActions'].map(String) : []
  const errors = actions.flatMap((action, index) => [
    ...(ACTIONS.includes(action) ? [] : [unsupported(`${field}[${index}]`, action, ACTIONS)]),
    ...(actions.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []),
  ])
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalid(
        field,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    )
  return actions.length === 0 ? [required(field, 'at least one validation action is required')] : errors
}
