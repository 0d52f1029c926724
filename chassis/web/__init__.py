"""The web shell: pages, forms, sign-in walls, security headers and error pages, the same in every service."""

from chassis.policy import PUBLIC
from chassis.web.bodies import FormData, FormTooLarge, FormUnreadable, Upload
from chassis.web.csrf import FormNotTrusted
from chassis.web.forms import Form, FormErrors, blank, parse, parse_date, refused
from chassis.web.mounting import install, mount
from chassis.web.pages import FORM_LIMIT, UPLOAD_LIMIT, Page, PageRequest, Response, Site
from chassis.web.refusals import typed

__all__ = [
    "FORM_LIMIT",
    "PUBLIC",
    "UPLOAD_LIMIT",
    "Form",
    "FormData",
    "FormErrors",
    "FormNotTrusted",
    "FormTooLarge",
    "FormUnreadable",
    "Page",
    "PageRequest",
    "Response",
    "Site",
    "Upload",
    "blank",
    "install",
    "mount",
    "parse",
    "parse_date",
    "refused",
    "typed",
]
