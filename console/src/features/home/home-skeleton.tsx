import type { ReactNode } from 'react'
import { Bone } from '../../ui/bone.tsx'
import { WithRail } from '../../ui/section.tsx'
import { figureKeys } from './home.view.ts'

const rows = [132, 104, 120, 88, 112, 96, 124, 92]

/** Home while it is awaited: figures, chart, table and rail where they will be. */
export function HomeSkeleton(): ReactNode {
  return (
    <WithRail label="What needs somebody" rail={<RailSkeleton />}>
      <div className="flex border-b border-line phone:grid phone:grid-cols-2">
        {figureKeys.map((key) => (
          <div key={key} className="flex h-[98px] flex-1 flex-col justify-between px-6 py-[18px] phone:px-4">
            <Bone width={60} height={8} />
            <Bone width={92} height={20} />
            <Bone width={84} height={8} />
          </div>
        ))}
      </div>
      <div className="flex h-[310px] flex-col justify-between border-b border-line px-6 pt-[22px] pb-[42px] phone:px-4">
        <Bone width={152} height={12} />
        {['top', 'upper', 'lower', 'base'].map((line) => (
          <Bone key={line} width="100%" height={1} />
        ))}
      </div>
      <div className="px-6 pt-[22px] pb-[48px] phone:px-4">
        <Bone width={108} height={12} />
      </div>
      {rows.map((width) => (
        <div key={width} className="flex h-[36px] items-center gap-[10px] border-t border-line px-6 phone:px-4">
          <Bone width={18} height={18} />
          <Bone width={width} />
          <span className="ms-auto" />
          <Bone width={48} />
          <Bone width={56} />
        </div>
      ))}
    </WithRail>
  )
}

function RailSkeleton(): ReactNode {
  return (
    <div className="flex flex-col gap-4 px-6 py-[22px] phone:px-4">
      <Bone width={132} height={12} />
      {rows.slice(0, 4).map((width) => (
        <div key={width} className="flex flex-col gap-2">
          <Bone width={width} />
          <Bone width="86%" height={8} />
        </div>
      ))}
    </div>
  )
}
