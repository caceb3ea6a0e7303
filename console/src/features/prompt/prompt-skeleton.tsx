import type { ReactNode } from 'react'
import { Bone } from '../../ui/bone.tsx'

/** The page before it is loaded: the list of versions and a text. */
export function PromptSkeleton(): ReactNode {
  return (
    <div className="flex">
      <div className="flex w-[190px] flex-col gap-6 px-4 py-5 phone:hidden">
        {[0, 1, 2, 3].map((row) => (
          <div key={row} className="flex flex-col gap-2">
            <Bone width={88} height={11} />
            <Bone width={120} height={8} />
          </div>
        ))}
      </div>
      <TextSkeleton />
    </div>
  )
}

/** A text before it is loaded. */
export function TextSkeleton(): ReactNode {
  return (
    <div className="flex flex-col gap-4 px-6 py-5 phone:px-4">
      {[300, 260, 320, 180, 280].map((width) => (
        <Bone key={width} width={width} height={12} />
      ))}
    </div>
  )
}
