import type { ApiImage } from '../api.ts';
import { rowOf } from '../attributes/attribute.ts';
import { imageProperties, image as named, ownImageProperties } from '../attributes/image.ts';

/** The free properties of an image, without values that are not strings. */
export function propertiesOf(image: ApiImage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(image).filter(
      (entry): entry is [string, string] => rowOf(named, entry[0]) === undefined && typeof entry[1] === 'string',
    ),
  );
}

/** The properties that a guest depends on wherever it runs. */
export function guestProperties(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => rowOf(imageProperties, name)?.fate === 'carried'));
}

/** The properties that an image keeps where it moves: all but what each cloud notes itself. */
export function carriedProperties(image: ApiImage): Record<string, string> {
  return movable(propertiesOf(image));
}

/**
 * Those properties that an image keeps where it moves. A document is its sender's: what Glance has
 * under a name of its own, such as the project that an image belongs to, is no property.
 */
export function movable(properties: Readonly<Record<string, string>>): Record<string, string> {
  const isKept = (name: string): boolean =>
    rowOf(named, name) === undefined && !['derived', 'told'].includes(rowOf(ownImageProperties, name)?.fate ?? '');
  return Object.fromEntries(Object.entries(properties).filter(([name]) => isKept(name)));
}
