/**
 * Lists in states: they are many, they grow one by one, and most stay short. One that is added to in place is given room for sixteen more each time that it
 * is full, so a short one is made anew, exactly as long as needed. Until they hold anything all of them may be the same empty one.
 */

/** Longer ones are changed in place. */
const SHORT = 32

/** The list with `value` at place `at`: the same list, or a new one to be kept in its stead. */
export function inserted(list: number[], at: number, value: number): number[] {
  if (list.length >= SHORT) {
    list.splice(at, 0, value)
    return list
  }
  const longer = new Array<number>(list.length + 1)
  for (let place = 0; place < at; place++) longer[place] = list[place] as number
  longer[at] = value
  for (let place = at; place < list.length; place++) longer[place + 1] = list[place] as number
  return longer
}
