"""What the tables of triage share: their metadata, the classes of fields, and the kind of a time."""

from sqlalchemy import DateTime, MetaData

from contracts.vocabulary import FieldClass

metadata = MetaData()

IDENTITY = FieldClass.IDENTITY
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY
POLICE = FieldClass.POLICE
STATISTICAL = FieldClass.STATISTICAL
LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL

moment = DateTime(timezone=True)
