import { t } from 'elysia'
import type { BudgetFigures } from '../data/connection-budget.ts'
import { nullable } from './schemas.ts'

/** How a replica's connections to a database server are used, as sent. */
export const connectionFigures = nullable(
  t.Object(
    {
      max: t.Integer(),
      open: t.Integer(),
      idle: t.Integer(),
      waiting: t.Integer(),
      hits: t.Integer({ description: 'Served at once by an open connection' }),
      waits: t.Integer(),
      wait_ms_max: t.Integer(),
      opened: t.Integer(),
      evicted: t.Integer({ description: 'Closed so that another tenant could have one' }),
      failed: t.Integer(),
    },
    { description: 'Of the replica that answers, since it started; null while it has opened none' },
  ),
)

/** The figures of a server that this replica has connected to; null for others. */
export function describeConnections(figures: BudgetFigures | undefined): typeof connectionFigures.static {
  if (!figures) return null
  const { max, open, idle, waiting, hits, waits, waitMsMax, opened, evicted, failed } = figures
  return { max, open, idle, waiting, hits, waits, wait_ms_max: Math.round(waitMsMax), opened, evicted, failed }
}
