// The deletion of what is not needed any more as an activity, for the scheduled run.

export interface Deletion {
  applications: number;
  photos: number;
  /** Contracts that were shown and never signed. */
  papers: number;
  bytes: number;
  /** Stored bytes that belonged to no document. */
  orphans: number;
  /** Keys under which requests were repeated. */
  keys: number;
}

export interface RetentionDeps {
  deleteWhatIsDue: () => Promise<Deletion>;
}

export function createRetentionActivities({ deleteWhatIsDue }: RetentionDeps) {
  return {
    /** Deletes photos and keys whose time is over; answers counts alone. Throws what the database or the object store throws: what was deleted until
     *  then stays deleted. Repeat: goes on where it stopped, nothing twice. */
    async deletePhotos(): Promise<Deletion> {
      return deleteWhatIsDue();
    },
  };
}

export type RetentionActivities = ReturnType<typeof createRetentionActivities>;
