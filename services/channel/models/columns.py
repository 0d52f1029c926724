"""What the tables of Channel share: their metadata, the classes of fields, and the kind of a time."""

from sqlalchemy import DateTime, MetaData

from contracts.vocabulary import FieldClass

metadata = MetaData()

IDENTITY = FieldClass.IDENTITY
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY
POLICE = FieldClass.POLICE
LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL
STATISTICAL = FieldClass.STATISTICAL

moment = DateTime(timezone=True)
