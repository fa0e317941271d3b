import { isSame, type Json, type JsonObject } from '../../kinds/index.js';
import { type Element, fieldElement, placeOfItem } from './element.js';
import { emptySet, type FieldSet, graft, isEmptySet } from './field-set.js';
import {
  asList,
  asMap,
  type FieldType,
  formOf,
  isEmptyMap,
  isListType,
  type ListType,
  type MapType,
} from './field-type.js';

export interface Comparison {
  /** Paths that were added, or hold another value now. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

export interface Skipped {
  /** Fields of the object that are left out of the comparison. */
  readonly fields: ReadonlySet<string>;
  /** Fields of its metadata that are. */
  readonly metadata: ReadonlySet<string>;
}

/** What differs between two objects, as sets of paths. Items of a list are found by their keys; their order is no difference. */
export function compareObjects(type: FieldType, left: JsonObject, right: JsonObject, skipped?: Skipped): Comparison {
  const walk = new Walk(skipped);
  walk.values(type, left, right);
  return { changed: walk.changed ?? emptySet, removed: walk.removed ?? emptySet };
}

export function isSameComparison({ changed, removed }: Comparison): boolean {
  return isEmptySet(changed) && isEmptySet(removed);
}

class Walk {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
  readonly #path: Element[] = [];

  constructor(readonly skipped: Skipped | undefined) {}

  #change(node: FieldSet): void {
    this.changed ??= {};
    graft(this.changed, this.#path, node);
  }

  #remove(node: FieldSet): void {
    this.removed ??= {};
    graft(this.removed, this.#path, node);
  }

  #child(element: Element, type: FieldType, left: Json | undefined, right: Json | undefined): void {
    if (left === right) return;
    this.#path.push(element);
    if (left === undefined) this.#change(wholeNode(type, right));
    else if (right === undefined) this.#remove(wholeNode(type, left));
    else this.values(type, left, right);
    this.#path.pop();
  }

  values(type: FieldType, left: Json, right: Json): void {
    const formOfLeft = formOf(type, left);
    const formOfRight = formOf(type, right);
    this.#as(formOfLeft, left, right);
    if (formOfRight !== formOfLeft) this.#as(formOfRight, left, right);
  }

  #as(form: ListType | MapType | undefined, left: Json, right: Json): void {
    if (form === undefined) this.#asOne(left, right);
    else if (isListType(form)) {
      const leftItems = asList(left) ?? [];
      const rightItems = asList(right) ?? [];
      if (form.isAtomic || (leftItems.length === 0 && rightItems.length === 0)) this.#asOne(left, right);
      else this.#items(form, leftItems, rightItems);
    } else {
      const leftMap = asMap(left);
      const rightMap = asMap(right);
      if (form.isAtomic || (isEmptyMap(leftMap) && isEmptyMap(rightMap))) this.#asOne(left, right);
      else this.#entries(form, leftMap ?? {}, rightMap ?? {});
    }
  }

  #asOne(left: Json, right: Json): void {
    if (!isSame(left, right)) this.#change({});
  }

  #entries(form: MapType, left: JsonObject, right: JsonObject): void {
    const skip = this.#skip();
    for (const name in right) this.#entry(form, name, left[name], right[name], skip);
    for (const name in left) if (right[name] === undefined) this.#entry(form, name, left[name], undefined, skip);
  }

  #skip(): ReadonlySet<string> | undefined {
    if (!this.skipped || this.#path.length > 1) return undefined;
    if (this.#path.length === 0) return this.skipped.fields;
    return this.#path[0] === 'f:metadata' ? this.skipped.metadata : undefined;
  }

  #entry(
    form: MapType,
    name: string,
    left: Json | undefined,
    right: Json | undefined,
    skip: ReadonlySet<string> | undefined,
  ): void {
    if (left === right || skip?.has(name)) return;
    const field = form.fields.get(name);
    if (!field) {
      if (form.values) this.#child(fieldElement(name), form.values, left, right);
    } else if (field.zero === undefined) this.#child(field.element, field.type, left, right);
    else {
      const zero = field.zero === 'struct' ? {} : null;
      this.#child(field.element, field.type, left ?? zero, right ?? zero);
    }
  }

  #items(form: ListType, left: readonly Json[], right: readonly Json[]): void {
    // Nearly always the items stand where they stood.
    if (left.length === right.length) {
      const places = left.map((item, index) => {
        const place = placeOfItem(form, item);
        return item === right[index] || place === placeOfItem(form, right[index] ?? null) ? place : undefined;
      });
      if (!places.includes(undefined) && new Set(places).size === places.length) {
        for (const [index, place] of places.entries())
          if (place !== undefined) this.#child(place, form.item, left[index], right[index]);
        return;
      }
    }
    const before = itemsByPlace(form, left);
    const after = itemsByPlace(form, right);
    for (const place of new Set([...before.keys(), ...after.keys()])) {
      const lefts = before.get(place) ?? [];
      const rights = after.get(place) ?? [];
      if (lefts.length <= 1 && rights.length <= 1) this.#child(place, form.item, lefts[0], rights[0]);
      else if (lefts.length >= 2 && rights.length >= 2) {
        if (!isSame([...lefts], [...rights])) this.#at(place, () => this.#change({}));
      } else if (lefts.length >= 2) {
        if (rights.length === 1) this.#child(place, form.item, undefined, rights[0]);
        this.#at(place, () => this.#remove({}));
      } else {
        if (lefts.length === 1) this.#child(place, form.item, lefts[0], undefined);
        this.#at(place, () => this.#change({}));
      }
    }
  }

  #at(element: Element, act: () => void): void {
    this.#path.push(element);
    act();
    this.#path.pop();
  }
}

function itemsByPlace(form: ListType, items: readonly Json[]): Map<Element, Json[]> {
  const out = new Map<Element, Json[]>();
  for (const item of items) {
    const place = placeOfItem(form, item);
    if (place === undefined) continue;
    const known = out.get(place);
    if (known) known.push(item);
    else out.set(place, [item]);
  }
  return out;
}

/** The node of a value that was not there before: itself and all that is below it. */
function wholeNode(type: FieldType, value: Json | undefined): FieldSet {
  const form = formOf(type, value);
  if (form === undefined || form.isAtomic) return {};
  const node: Record<Element, FieldSet> = { '.': {} };
  let isLeaf = true;
  if (isListType(form)) {
    for (const item of asList(value) ?? []) {
      const place = placeOfItem(form, item);
      if (place === undefined) continue;
      isLeaf = false;
      node[place] = node[place] === undefined ? wholeNode(form.item, item) : {};
    }
  } else {
    const map = asMap(value) ?? {};
    for (const name of Object.keys(map).sort()) {
      const child = map[name];
      if (child === undefined) continue;
      const field = form.fields.get(name);
      const childType = field?.type ?? form.values;
      if (!childType) continue;
      isLeaf = false;
      node[field?.element ?? fieldElement(name)] = wholeNode(childType, child);
    }
  }
  return isLeaf ? {} : node;
}
