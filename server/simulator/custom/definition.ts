import { ensure, isObject, text } from '../resources/draft.ts'
import { duplicate, forbidden, invalid, required, unsupported } from '../resources/field-error.ts'
import { immutable } from '../resources/metadata.ts'
import { dns1035Label, subdomain } from '../resources/names.ts'
import { parseJsonPath } from './json-path.ts'
import { schemaOf } from './make-kind.ts'
import { validateDefinedSchema } from './structural-rules.ts'
import type { KindBehaviour } from '../resources/behaviour.ts'
import type { FieldError } from '../resources/field-error.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../resources/kinds.ts'
import type { Draft, JsonValue } from '../resources/object.ts'

/**
 * CustomResourceDefinitions themselves.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
export const definition: KindBehaviour = {
  generation: true,
  finalizers: ['customresourcecleanup.apiextensions.k8s.io'],
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    const names = ensure(spec, 'names')
    const kind = text(names, 'kind') ?? ''
    if (!text(names, 'singular') && kind) names['singular'] = kind.toLowerCase()
    if (!text(names, 'listKind') && kind) names['listKind'] = `${kind}List`
    spec['conversion'] ??= { strategy: 'None' }
    if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields']
  },
  prepareCreate(draft) {
    draft['status'] = { acceptedNames: { kind: '', plural: '' }, conditions: [], storedVersions: storageVersions(draft) }
  },
  prepareUpdate(draft) {
    const status = ensure(draft, 'status')
    const stored = Array.isArray(status['storedVersions']) ? status['storedVersions'] : []
    status['storedVersions'] = [...stored, ...storageVersions(draft).filter((name) => !stored.includes(name))]
  },
  validate: (object) => validate(object as unknown as CustomResourceDefinition),
  validateUpdate(object, old) {
    const now = object as unknown as CustomResourceDefinition
    const before = old as unknown as CustomResourceDefinition
    const established = before.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True')
    return [
      ...(established
        ? [
            ...immutable('spec.scope', now.spec.scope, before.spec.scope),
            ...immutable('spec.names.kind', now.spec.names.kind, before.spec.names.kind),
          ]
        : []),
      ...immutable('spec.group', now.spec.group, before.spec.group),
      ...immutable('spec.names.plural', now.spec.names.plural, before.spec.names.plural),
      ...storedVersionErrors(now),
    ]
  },
  validateStatus: (object) => storedVersionErrors(object as unknown as CustomResourceDefinition),
}

function storageVersions(draft: Draft): string[] {
  const versions = ensure(draft, 'spec')['versions']
  const storing = (Array.isArray(versions) ? versions : []).filter(isObject).filter((version) => version['storage'] === true)
  return storing.map((version) => text(version, 'name') ?? '')
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  return (status?.storedVersions ?? []).flatMap((name, index) =>
    spec.versions.some((version) => version.name === name)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  )
}

const PROTECTED = /(^|\.)(k8s\.io|kubernetes\.io)$/
const APPROVAL = 'api-approved.kubernetes.io'

function validate({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const name = metadata.name ?? ''
  const errors =
    name === `${spec.names.plural}.${spec.group}` ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]
  errors.push(...validateGroup(spec.group), ...validateScope(spec.scope))
  if (PROTECTED.test(spec.group) && !metadata.annotations?.[APPROVAL]) {
    errors.push(
      required(
        `metadata.annotations[${APPROVAL}]`,
        `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`,
      ),
    )
  }
  if (spec.preserveUnknownFields) {
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  }
  const versions = (spec.versions ?? []).flatMap((version, index) => validateVersion(version, `spec.versions[${index}]`))
  return [...errors, ...validateVersions(spec), ...versions, ...validateNames(spec.names), ...validateConversion(spec)]
}

function validateGroup(group: string): FieldError[] {
  if (!group) return [required('spec.group')]
  const wrong = subdomain(group)
  if (wrong.length > 0) return [invalid('spec.group', group, wrong.join(','))]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

function validateScope(scope: string): FieldError[] {
  if (!scope) return [required('spec.scope')]
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [unsupported('spec.scope', scope, ['Cluster', 'Namespaced'])]
}

function validateVersions({ versions }: CustomResourceDefinitionSpec): FieldError[] {
  const shown = (versions ?? []) as unknown as JsonValue
  const names = new Set((versions ?? []).map(({ name }) => name))
  return [
    ...(names.size === (versions ?? []).length ? [] : [invalid('spec.versions', shown, 'must contain unique version names')]),
    ...((versions ?? []).filter(({ storage }) => storage).length === 1
      ? []
      : [invalid('spec.versions', shown, 'must have exactly one version marked as storage version')]),
  ]
}

function validateNames(names: CustomResourceDefinitionNames): FieldError[] {
  const field = (key: string) => `spec.names.${key}`
  const label = (key: string, value: string | undefined) =>
    value && dns1035Label(value).length > 0 ? [invalid(field(key), value, dns1035Label(value).join(','))] : []
  const mixed = (key: string, value: string | undefined) => {
    const wrong = value ? dns1035Label(value.toLowerCase()) : []
    return wrong.length > 0 ? [invalid(field(key), value, `may have mixed case, but should otherwise match: ${wrong.join(',')}`)] : []
  }
  const missing = (['plural', 'singular', 'kind', 'listKind'] as const).filter((key) => !names[key]).map((key) => required(field(key)))
  return [
    ...missing,
    ...label('plural', names.plural),
    ...label('singular', names.singular),
    ...mixed('kind', names.kind),
    ...mixed('listKind', names.listKind),
    ...(names.shortNames ?? []).flatMap((name, index) => label(`shortNames[${index}]`, name)),
    ...(names.kind && names.kind === names.listKind
      ? [invalid(field('listKind'), names.listKind, 'kind and listKind may not be the same')]
      : []),
    ...(names.categories ?? []).flatMap((name, index) => label(`categories[${index}]`, name)),
  ]
}

function validateConversion({ conversion }: CustomResourceDefinitionSpec): FieldError[] {
  const field = 'spec.conversion.strategy'
  if (!conversion?.strategy) return [required(field)]
  if (conversion.strategy === 'None')
    return conversion.webhook ? [forbidden('spec.conversion.webhook', 'should not be set when strategy is not set to Webhook')] : []
  if (conversion.strategy === 'Webhook')
    return [forbidden(field, 'this simulated cluster converts between versions without webhooks only: use strategy "None"')]
  return [unsupported(field, conversion.strategy, ['None', 'Webhook'])]
}

function validateVersion(version: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const errors: FieldError[] =
    dns1035Label(version.name).length > 0 ? [invalid(`${path}.name`, version.name, dns1035Label(version.name).join(','))] : []
  if (version.deprecationWarning !== undefined && !version.deprecated)
    errors.push(invalid(`${path}.deprecationWarning`, version.deprecationWarning, 'can only be set for deprecated versions'))
  if (version.schema?.openAPIV3Schema) errors.push(...validateDefinedSchema(schemaOf(version), `${path}.schema.openAPIV3Schema`))
  else errors.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'))
  return [...errors, ...validateSubresources(version, path), ...validateColumns(version, path), ...validateSelectable(version, path)]
}

function validateSubresources({ subresources }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  const at = `${path}.subresources.scale`
  const check = (
    key: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath',
    roots: readonly string[],
    words: string,
  ): FieldError[] => {
    const value = scale[key]
    if (!value) return key === 'labelSelectorPath' ? [] : [required(`${at}.${key}`)]
    if (!isPlainPath(value)) return [invalid(`${at}.${key}`, value, 'should be a simple json path')]
    return roots.some((root) => value.startsWith(root)) ? [] : [invalid(`${at}.${key}`, value, words)]
  }
  return [
    ...check('specReplicasPath', ['.spec.'], 'should be a json path under .spec'),
    ...check('statusReplicasPath', ['.status.'], 'should be a json path under .status'),
    ...check('labelSelectorPath', ['.spec.', '.status.'], 'should be a json path under either .spec or .status'),
  ]
}

function isPlainPath(path: string): boolean {
  return /^(\.[^.[\]]+)+$/.test(path)
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function validateColumns({ additionalPrinterColumns = [] }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap((column, index) => {
    const at = `${path}.additionalPrinterColumns[${index}]`
    const type = column.type
      ? COLUMN_TYPES.includes(column.type)
        ? []
        : [invalid(`${at}.type`, column.type, `must be one of ${COLUMN_TYPES.join(',')}`)]
      : [required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`)]
    const format =
      column.format && !COLUMN_FORMATS.includes(column.format)
        ? [invalid(`${at}.format`, column.format, `must be one of ${COLUMN_FORMATS.join(',')}`)]
        : []
    return [
      ...(column.name ? [] : [required(`${at}.name`)]),
      ...type,
      ...format,
      ...(column.jsonPath
        ? column.jsonPath.startsWith('.') && parseJsonPath(column.jsonPath)
          ? []
          : [invalid(`${at}.jsonPath`, column.jsonPath, 'must be a simple json path starting with .')]
        : [required(`${at}.jsonPath`)]),
    ]
  })
}

function validateSelectable({ selectableFields = [] }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const seen = new Set<string>()
  return selectableFields.flatMap(({ jsonPath }, index) => {
    const at = `${path}.selectableFields[${index}].jsonPath`
    const twice = seen.has(jsonPath)
    seen.add(jsonPath)
    if (!jsonPath) return [required(at, 'jsonPath must not be empty')]
    if (!isPlainPath(jsonPath)) return [invalid(at, jsonPath, 'is an invalid path: must be a simple json path starting with .')]
    if (jsonPath.startsWith('.metadata')) return [invalid(at, jsonPath, 'must not point to fields in metadata')]
    return twice ? [duplicate(at, jsonPath)] : []
  })
}
