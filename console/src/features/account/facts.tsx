import type { ReactNode } from 'react'
import type { User } from '../../api/client.ts'
import { formatAge, formatDay, formatFullTime } from '../../lib/format.ts'
import { describeRole } from './describe-role.ts'

/** Who is signed in, as a ruled strip: role, e-mail, since when. */
export function Facts(props: { user: User; now: Date }): ReactNode {
  const { user, now } = props
  const role = describeRole(user)
  return (
    <dl className="grid border-b border-line desk:grid-cols-3">
      <Fact name="Role" value={role.name} note={role.reach} />
      <Fact
        name="E-mail"
        value={user.email}
        note={
          user.is_verified ? (
            <>
              <span aria-hidden="true" className="size-[7px] rounded-[1px] bg-accent" />
              Verified
            </>
          ) : (
            'Not verified yet'
          )
        }
      />
      <Fact
        name="Member since"
        value={
          <time dateTime={user.created_at} title={formatFullTime(user.created_at)}>
            {formatDay(user.created_at)}
          </time>
        }
        note={formatAge({ time: user.created_at, now })}
      />
    </dl>
  )
}

function Fact(props: { name: string; value: ReactNode; note: ReactNode }): ReactNode {
  return (
    <div className="min-w-0 border-line px-6 py-[18px] not-last:border-b desk:not-last:border-e desk:not-last:border-b-0 phone:px-4 phone:py-4">
      <dt className="text-meta font-medium text-ink-3">{props.name}</dt>
      <dd className="mt-1 text-title font-medium tracking-[-.015em] wrap-anywhere text-ink tabular-nums">
        {props.value}
      </dd>
      <dd className="mt-[2px] flex items-center gap-2 text-meta text-ink-3">{props.note}</dd>
    </div>
  )
}
