import { type Command, Option } from 'commander';
import type { Selection } from '../../shared/cloud/source-cloud.ts';
import { Problem } from '../../shared/problem.ts';

/** What the options of `choosing` say. */
export interface SelectionFlags {
  readonly project?: string;
  readonly server?: readonly string[];
  readonly user?: readonly string[];
  readonly tag?: readonly string[];
  readonly volume?: readonly string[];
  readonly image?: readonly string[];
  readonly withoutImages?: true;
  readonly all?: true;
}

/** Adds the options that choose servers, volumes that no server has, and images. */
export function choosing(command: Command): Command {
  return command
    .addOption(new Option('--project <name>', 'the project, by name or id').conflicts('all'))
    .addOption(new Option('--server <name...>', 'only these servers, by name or id').conflicts('all'))
    .addOption(new Option('--user <name...>', 'only servers that these users created, by name or id').conflicts('all'))
    .addOption(new Option('--tag <tag...>', 'only servers with one of these tags').conflicts('all'))
    .addOption(new Option('--volume <name...>', 'only these volumes, which no server has, by name or id').conflicts('all'))
    .addOption(new Option('--image <name...>', 'only these images of the project, by name or id').conflicts('all'))
    .addOption(new Option('--without-images', 'leave the images of a whole project behind').conflicts('image'))
    .option('--all', 'everything the credentials reach in their own project');
}

/**
 * The servers and volumes that were chosen: those that fit every option. Throws E_USAGE where none
 * were.
 */
export function selectionOf({ project, server, user, tag, volume, image, withoutImages, all }: SelectionFlags): Selection {
  if ([project, server, user, tag, volume, image, all].every((chosen) => chosen === undefined)) {
    throw new Problem(
      'E_USAGE',
      'Say what to take: --project NAME, --server NAME, --user NAME, --tag TAG, --volume NAME, --image NAME, or --all.',
    );
  }
  return { project, servers: server ?? [], users: user, tags: tag, volumes: volume, images: image, withoutImages };
}
