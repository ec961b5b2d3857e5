"""The forms of the administration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django import forms as django
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.models import LicenceKind, SpecialRight
from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Consortium, HospitalGrade, InstitutionKind, Region
from kangqu.web import forms

ANY: Any = [("", _("不限"))]
_LATEST = date(2100, 1, 1)


def labelled(choices: Any) -> list[tuple[str, Any]]:
    """The choices of a field with their labels in the reader's language."""
    return [(value, _(label)) for value, label in choices]


class _RoleName:
    """A role's name, in the language of the moment it is read."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def __str__(self) -> str:
        return self._role.titled(get_language() or "zh-hans")


def _roles() -> list[tuple[str, Any]]:
    """The roles staff can hold."""
    return [(role.value, _RoleName(role)) for role in Role if role not in (Role.RESIDENT, Role.DEVICE, Role.SYSTEM)]


class PlaceFilter(forms.Form):
    q = django.CharField(label=_("名称、拼音或编码"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=ANY + labelled(InstitutionKind.choices))
    region = django.CharField(label=_("区划代码"), required=False, max_length=12)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("开业")), ("all", _("全部"))])


class PlaceForm(forms.Form):
    """The facts of an institution. ``kind`` is asked only when it is opened."""

    sections = (
        forms.Section("what", _("是什么"), ("kind", "name", "short_name", "grade", "private")),
        forms.Section("where", _("在哪里"), ("region", "address", "phone")),
        forms.Section("codes", _("证照编码"), ("uscc", "institution_code", "category", "opened_on")),
    )
    kind = forms.ChoiceField(label=_("类别"), choices=labelled(InstitutionKind.choices))
    name = django.CharField(label=_("名称"), max_length=100)
    short_name = django.CharField(label=_("简称"), max_length=40, required=False)
    grade = forms.ChoiceField(
        label=_("医院等级"), required=False, choices=[("", _("不适用")), *labelled(HospitalGrade.choices)]
    )
    private = django.BooleanField(label=_("民营"), required=False)
    region = django.CharField(label=_("区划代码"), max_length=12, help_text=_("区县 6 位、乡镇 9 位或村居 12 位"))
    address = django.CharField(label=_("地址"), max_length=200, required=False)
    phone = django.CharField(label=_("电话"), max_length=30, required=False)
    uscc = django.CharField(
        label=_("统一社会信用代码"), max_length=18, required=False, help_text=_("18 位，字母也可以")
    )
    institution_code = django.CharField(label=_("医疗机构代码"), max_length=22, required=False, help_text=_("22 位"))
    category = django.CharField(label=_("机构类别代码"), max_length=4, required=False, help_text=_("WS 218，例如 D600"))
    opened_on = forms.DateField(label=_("开业日期"), required=False, latest=_LATEST)


class CloseForm(forms.Form):
    on = forms.DateField(label=_("停业日期"), latest=_LATEST)
    reason = django.CharField(label=_("原因"), max_length=200)
    revoked = django.BooleanField(label=_("执照被吊销"), required=False)


class MoveForm(forms.Form):
    to = django.CharField(
        label=_("新的上级机构编码"), max_length=20, help_text=_("机构页上的编码，例如 J 开头的 14 位")
    )


class LicenceForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("证照种类"),
        choices=[
            ("medical_institution", _("医疗机构执业许可证")),
            ("clinic_register", _("诊所、卫生室登记号")),
            ("drug_retail", _("药品经营许可证")),
            ("elder_care", _("养老机构备案")),
            ("childcare", _("托育机构备案")),
            ("laboratory", _("实验室资质")),
        ],
    )
    number = django.CharField(label=_("证号"), max_length=40)
    issued_by = django.CharField(label=_("发证机关"), max_length=60, required=False)
    valid_from = forms.DateField(label=_("有效期起"), latest=_LATEST)
    valid_to = forms.DateField(label=_("有效期止"), required=False, latest=_LATEST)


class DepartmentForm(forms.Form):
    name = django.CharField(label=_("科室名称"), max_length=60)
    code = django.CharField(label=_("诊疗科目代码"), max_length=10, required=False)


class PostForm(forms.Form):
    title = django.CharField(label=_("岗位名称"), max_length=60)
    role = forms.ChoiceField(label=_("角色"), choices=_roles())
    places = django.IntegerField(label=_("编制数"), min_value=1, max_value=10_000, initial=1)


class StationForm(forms.Form):
    name = django.CharField(label=_("扫码点名称"), max_length=60, help_text=_("例如：南门、挂号一窗口"))


class DeviceForm(forms.Form):
    name = django.CharField(label=_("设备名称"), max_length=60, help_text=_("例如：南门扫码枪 1 号"))


class ConsortiumFilter(forms.Form):
    q = django.CharField(label=_("名称"), required=False, max_length=80)
    kind = forms.ChoiceField(label=_("类型"), required=False, choices=ANY + labelled(Consortium.Kind.choices))


class ConsortiumForm(forms.Form):
    kind = forms.ChoiceField(label=_("类型"), choices=labelled(Consortium.Kind.choices))
    name = django.CharField(label=_("名称"), max_length=80)
    leader = django.CharField(label=_("牵头单位编码"), max_length=20, help_text=_("机构页上的编码"))
    on = forms.DateField(label=_("成立日期"), latest=_LATEST)


class JoinForm(forms.Form):
    institution = django.CharField(label=_("机构编码"), max_length=20, help_text=_("机构页上的编码"))
    on = forms.DateField(label=_("加入日期"), latest=_LATEST)


class LeaveForm(forms.Form):
    on = forms.DateField(label=_("退出日期"), latest=_LATEST)


class ServedForm(forms.Form):
    region = forms.ChoiceField(label=_("区划"), choices=(), widget=django.Select())

    def offer(self, divisions: Iterable[Region]) -> None:
        """Let one of ``divisions`` be chosen."""
        field = cast(django.ChoiceField, self.fields["region"])
        field.choices = [(each.code, f"{each.name}（{each.code}）") for each in divisions]


class AccountForm(forms.Form):
    username = django.CharField(
        label=_("登录名"), max_length=60, help_text=_("小写字母、数字和 . _ -，例如 li.jianhua")
    )
    display_name = forms.NameField()
    role = forms.ChoiceField(label=_("角色"), choices=_roles())
    institution = django.CharField(label=_("机构编码"), max_length=20, help_text=_("机构页上的编码"))


class GrantForm(forms.Form):
    role = forms.ChoiceField(label=_("角色"), choices=_roles())
    institution = django.CharField(label=_("机构编码"), max_length=20, help_text=_("机构页上的编码"))


class StaffFilter(forms.Form):
    q = django.CharField(label=_("登录名或姓名"), required=False, max_length=60)


class ReviewForm(forms.Form):
    outcome = forms.ChoiceField(label=_("结论"), choices=[("justified", _("合理")), ("misuse", _("滥用"))])
    note = django.CharField(label=_("说明"), max_length=200)


class TraceFilter(forms.Form):
    person = django.CharField(label=_("居民公开码"), required=False, max_length=20)
    actor = django.CharField(label=_("人员登录名"), required=False, max_length=60)
    action = django.CharField(
        label=_("动作"), required=False, max_length=60, widget=django.TextInput(attrs={"list": "actions"})
    )
    stream = forms.ChoiceField(
        label=_("类型"),
        required=False,
        widget=django.Select(),
        choices=[*ANY, ("look", _("查看")), ("step", _("办理")), ("security", _("安全"))],
    )
    since = forms.DateField(label=_("从"), required=False, latest=_LATEST)
    until = forms.DateField(label=_("到"), required=False, latest=_LATEST)


class PractisingForm(forms.Form):
    """A licence to practise as its certificate says, and the special rights the institution grants."""

    kind = forms.ChoiceField(label=_("执业类别"), choices=labelled(LicenceKind.choices))
    number = django.CharField(label=_("执业证编号"), max_length=40)
    valid_until = forms.DateField(label=_("有效期至"), required=False, latest=_LATEST, help_text=_("长期有效的不填"))
    narcotic = django.BooleanField(label=_("麻精药品处方权"), required=False, help_text=_("经考核合格后授予"))
    toxic = django.BooleanField(label=_("毒性药品处方权"), required=False)

    @property
    def rights(self) -> list[SpecialRight]:
        return [right for right in SpecialRight if self.cleaned_data.get(right.value)]
