-- A customer may be told the same kind of thing on several occasions: asked again twice, reminded of several deadlines, sent several links.
-- The older code must be stopped first: it names the key that is replaced here.
-- Up Migration

alter table notifications add column occasion text not null default '';
alter table notifications drop constraint notifications_application_id_template_key;
alter table notifications add constraint notifications_once unique (application_id, template, occasion);
