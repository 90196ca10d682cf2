import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../api/door.ts'
import { openTestCluster } from '../images/test-cluster.ts'
