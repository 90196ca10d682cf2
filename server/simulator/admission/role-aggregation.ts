import { selects } from '../resources/label-selector.ts'
import { sameJson } from '../controllers/objects.ts'
import { runController, watching } from '../controllers/runner.ts'
import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { ClusterRole } from '../resources/kinds.ts'

/**
 * Fills cluster roles that are made of others.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 * @returns stops it
 */
export function startRoleAggregation(api: Api, platform: Platform): () => void {
  const aggregated = () => api.list('ClusterRole').filter((role) => role.aggregationRule !== undefined)
  return runController(api, platform, {
    name: 'clusterrole-aggregation-controller',
    watches: [
      watching('ClusterRole', (role) =>
        role.aggregationRule || Object.keys(role.metadata.labels ?? {}).length > 0
          ? aggregated().map(({ metadata }) => metadata.name ?? '')
          : [],
      ),
    ],
    reconcile(name) {
      const role = api.get('ClusterRole', undefined, name)
      const rules = role?.aggregationRule && rulesFor(role, api.list('ClusterRole'))
      return !role || !rules || sameJson(role.rules ?? [], rules) ? [] : [{ do: 'update', object: { ...role, rules } }]
    },
  })
}

function rulesFor(role: ClusterRole, roles: readonly ClusterRole[]): NonNullable<ClusterRole['rules']> {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? []
  const rules = selectors.flatMap((selector) =>
    roles
      .filter(({ metadata }) => metadata.name !== role.metadata.name && selects(selector, metadata.labels))
      .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
      .flatMap((one) => one.rules ?? []),
  )
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()]
}
