import { beforeEach, describe, expect, it } from 'vitest'
import { create, patch, startTestApi } from './api.test-support.ts'
import type { Fields } from './api.test-support.ts'

beforeEach(startTestApi)

const selector = { matchLabels: { app: 'x' } }
const template = (spec: Fields = {}) => ({ metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
const once = template({ restartPolicy: 'Never' })
const NOT_PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
const MISMATCH = '`selector` does not match template `labels`'

const REFUSED: readonly (readonly [what: string, path: string, spec: Fields, ...causes: string[]])[] = [
  [
    'a set whose strategy, claims, ordinals and template are wrong at once',
    'apps/v1/statefulsets',
    {
      selector,
      template: template({ activeDeadlineSeconds: 5, restartPolicy: 'Never' }),
      updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 3 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'X' },
      ordinals: { start: -1 },
    },
    'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":3,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X": supported values: "Retain", "Delete"',
    'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
  ],
  [
    'a daemon set without a selector, whose shares are no shares',
    'apps/v1/daemonsets',
    { template: template(), updateStrategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '120%' } } },
    `spec.template.metadata.labels: Invalid value: {"app":"x"}: ${MISMATCH}`,
    `spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "x": ${NOT_PERCENT}`,
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%',
  ],
  [
    'a daemon set that surges and takes away',
    'apps/v1/daemonsets',
    { selector, template: template(), updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
  [
    'a deployment that can move in no way',
    'apps/v1/deployments',
    { selector, template: template(), strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } }, progressDeadlineSeconds: -1 },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
    'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds',
  ],
  [
    'policies of failure and success that contradict themselves',
    'batch/v1/jobs',
    {
      template: template({ restartPolicy: 'OnFailure' }),
      podFailurePolicy: { rules: [{ action: 'Stop', onExitCodes: { operator: 'In', values: [0, 5, 3] } }, { action: 'FailIndex' }] },
      successPolicy: { rules: [{ succeededCount: 4 }] },
      managedBy: 'me',
    },
    'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    'spec.podFailurePolicy.rules[0].action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
    'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,5,3]: must be ordered',
    'spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
    'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
    'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":4}]}: requires indexed completion mode',
    'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
  ],
  [
    'indexes that cannot all succeed',
    'batch/v1/jobs',
    {
      template: once,
      completionMode: 'Indexed',
      completions: 3,
      backoffLimitPerIndex: 1,
      maxFailedIndexes: 4,
      successPolicy: { rules: [{ succeededIndexes: '0-1,1' }, { succeededIndexes: '0', succeededCount: 2 }] },
    },
    'spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions',
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-1,1": error parsing succeededIndexes: non-increasing order, previous: 1, current: 1',
    'spec.successPolicy.rules[1].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)',
  ],
  [
    'a job selected by hand without a selector',
    'batch/v1/jobs',
    { template: once, manualSelector: true },
    'spec.selector: Required value',
    `spec.template.metadata.labels: Invalid value: {"app":"x"}: ${MISMATCH}`,
  ],
  [
    'a schedule with a zone of its own',
    'batch/v1/cronjobs',
    { schedule: 'TZ=UTC 0 * * * *', jobTemplate: { spec: { template: once } } },
    'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    'a period in an unknown unit, in a zone of no place',
    'batch/v1/cronjobs',
    { schedule: '@every 1x', timeZone: 'europe/berlin', jobTemplate: { spec: { template: once, selector } } },
    'spec.schedule: Invalid value: "@every 1x": failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"',
    'spec.timeZone: Invalid value: "europe/berlin": unknown time zone europe/berlin',
    'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: `selector` will be auto-generated',
  ],
]

describe('a workload is refused in Kubernetes’ words', () => {
  it.each(REFUSED.map(([what, path, spec, ...causes]) => ({ what, path, spec, causes })))('$what', ({ path, spec, causes }) => {
    expect(create(path, { spec })).toMatchObject({ code: 422, causes })
  })
})

describe('what may change of a workload', () => {
  it('a job keeps its template, but where it may run while it has not', () => {
    create('batch/v1/jobs', { spec: { template: once, suspend: true } })
    expect(patch('batch/v1/jobs', { spec: { template: { spec: { nodeSelector: { disk: 'ssd' } } } } }).code).toBe(200)
    const { causes } = patch('batch/v1/jobs', { spec: { template: { spec: { hostname: 'h' } }, backoffLimitPerIndex: 1 } })
    expect(causes.map((cause) => cause.split(':')[0])).toEqual(['spec.backoffLimitPerIndex', 'spec.template', 'spec.backoffLimitPerIndex'])
  })

  it('an indexed job grows and shrinks in tandem with its parallelism', () => {
    create('batch/v1/jobs', { spec: { template: once, completionMode: 'Indexed', completions: 2, parallelism: 2 } })
    expect(patch('batch/v1/jobs', { spec: { completions: 3 } }).causes).toEqual([
      'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism',
    ])
    expect(patch('batch/v1/jobs', { spec: { completions: 3, parallelism: 3 } }).code).toBe(200)
  })

  it('a status cannot count more than there is', () => {
    create('apps/v1/deployments', { spec: { selector, template: template() } })
    expect(patch('apps/v1/deployments/status', { status: { replicas: 1, readyReplicas: 1, availableReplicas: 2 } }).causes).toEqual([
      'status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas',
    ])
  })
})

describe('a workload’s writer is warned', () => {
  it('of a name that pods cannot bear', () => {
    const { code, warnings } = create('apps/v1/deployments', { metadata: { name: 'a.b' }, spec: { selector, template: template() } })
    expect(code).toBe(201)
    expect(warnings.join()).toContain('metadata.name: this is used in Pod names and hostnames')
  })

  it('of a history that never ends', () => {
    const { warnings } = create('apps/v1/statefulsets', { spec: { selector, template: template(), revisionHistoryLimit: -1 } })
    expect(warnings.join()).toContain('a negative value retains all historical revisions')
  })
})
