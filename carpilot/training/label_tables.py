"""What labels of published corpora mean in our calls, and the words that put a label in doubt."""

import re

REFUSED = {
    "navigation": "not_in_car",
    "poi": "not_in_car",
    "traffic": "not_in_car",
    "weather": "not_known",
    "calendar": "not_about_car",
}
INTENTS = {
    "audio_volume_mute": "set_mute(on=true)",
    "audio_volume_up": "set_volume(change=10)",
    "audio_volume_down": "set_volume(change=-10)",
    "HassMediaNext": "skip_track(direction=next)",
    "HassMediaPrevious": "skip_track(direction=previous)",
    "HassMediaPause": "set_playback(action=pause)",
    "HassMediaUnpause": "set_playback(action=play)",
    "HassMediaSearchAndPlay": "refuse(because=not_in_car)",
    **dict.fromkeys(
        (
            "play_music",
            "play_podcasts",
            "play_audiobook",
            "music_query",
            "music_likeness",
            "PlayMusic",
            "AddToPlaylist",
        ),
        "refuse(because=not_in_car)",
    ),
}
COLD = re.compile(r"\b(cold|chill\w*|freez\w*|frozen|frost\w*|nippy|shiver\w*|icy|ice|cool|arctic|brisk|polar)\b")
HOT = re.compile(r"\b(hot|warm\w*|heat|boil\w*|toast\w*|oven|furnace|sweat\w*|balmy|roast\w*|burning|scorch\w*)\b")
PLACES = (
    ("rear_left", re.compile(r"\b(back|rear) left\b|\bleft (back|rear)\b")),
    ("rear_right", re.compile(r"\b(back|rear) right\b|\bright (back|rear)\b")),
    ("passenger", re.compile(r"passenger|co ?-? ?driver")),
    ("driver", re.compile(r"driver")),
    ("rear", re.compile(r"\b(back|rear)\b")),
)
VW_SEATS = {
    "driver's seat": "driver",
    "passenger seat": "passenger",
    "second row left": "rear_left",
    "second row right": "rear_right",
    "all": "all",
}
ANY_MUSIC = re.compile(
    r"^(please )?(play|start|put on|resume) (me )?(some |the |my |any )?(music|songs?|tunes)( please)?[.!]?$"
)
DOUBTFUL = re.compile(r"unmute|mute off|playing|is on\b|^play$|speak|bass|shuffl|repeat|random|number \d|track \d")
# Words of a place on the map that ships, and of a title that the car can tell: no corpus says which of them is meant.
OUR_PLACES = re.compile(
    r"\b(home|work|office|school|old town|library|gym|museum|park|station|hospital|mall|shopping|stadium|zoo|baths?|spa|"
    r"harbou?r|airport|farm|lake\w*|village|north|coast|border|charg\w*|motorways?|highways?|freeways?)\b"
)
TITLE = re.compile(r"\b(song|track|title|music)\b")
ROOMS = re.compile(r"kitchen|bedroom|living|\broom|floor|garage|balcony|closet|house|bathroom|lamp|hall|porch|home")
COLOURS = re.compile(r"\b(white|red|orange|yellow|green|cyan|blue|purple|pink)\b")
PLAYER = re.compile(r"\b(next|previous|skip|back|resume|pause|again|mute|louder|volume)\b")
# What a sentence must name for the label of a simulated car to be believed.
NAMED = (
    ("carSeat_heater", r"seat|heat"),
    ("lock_switch", r"lock"),
    ("readingLight", r"light|read"),
    ("fogLight", r"fog (light|lamp)|fogs"),
    ("massager_switch", r"massag"),
    ("player_setMode", r"shuffl|random|mix"),
    ("navigation", r"navigation|guidance|zoom|map"),
    ("language_set", r"chinese|english"),
    ("HUD", r"hud|head"),
    ("trunk_switch", r"trunk|boot"),
    ("phone_", r"call|phone|answer|pick|hang"),
    ("carSeat_height", r"seat|high|low"),
    ("window_switch", r"window"),
    ("childSafetyLock", r"child|lock|kid"),
    ("purification", r"air|purif"),
    ("airConditioner", r"air|warm|cold|hot|temperature|circulation|automatic|smell|stuffy"),
)
# What the driving assistants of another car are called, and ours: those that ours lacks stay with the driver.
ASSISTANTS = (
    (r"drows\w*|tiredness|driver attention", "set_driver_monitoring(on={})"),
    (r"ultrasonic parking|parking guidance|backup sensor", "set_parking_sensors(on={})"),
    (r"park\w* (assist\w*|helper)|parallel park\w*", "set_park_assist(mode={})"),
)
OURS = re.compile(
    r"cruise|follow|speed|traction|stability|lane (keep|depart|assist)|drows|tired|attention|park|camera|rearview|reverse|"
    r"backup|driver|tires?\b|tyres?\b"
)
# Domains of cars that ours lacks, by the module that the call belongs to.
VW_REFUSED = re.compile(
    r"vw\.(tailLight|footPedal|video|fuelPort|overheadScreen|door\.carcontrol_carDoor_(?!lock)|seat\.\w*LegRest)"
)
VW_REFUSED_BY_NAME = re.compile(r"pedal|tail ?-?lights?|video|movie|film|fuel|overhead|screen|leg ?-?rest|door")
VW_CALLS: tuple[tuple[str, str], ...] = (
    (r"hazardLight\.switch\(.*True", "set_hazard_lights(on=true)"),
    (r"hazardLight\.switch\(.*False", "set_hazard_lights(on=false)"),
    (r"highBeamHeadlight\.switch\(.*True", "set_high_beam(on=true)"),
    (r"highBeamHeadlight\.switch\(.*False", "set_high_beam(on=false)"),
    (r"fogLight\w*\.\w+\(.*True.*rear", "set_fog_lights(which=rear, on=true)"),
    (r"fogLight\w*\.\w+\(.*True.*front", "set_fog_lights(which=front, on=true)"),
    (r"fogLight\w*\.\w+\(.*True.*all", "set_fog_lights(on=true)"),
    (r"fogLight\w*\.\w+\(.*False.*all", "set_fog_lights(on=false)"),
    (r"fogLight\w*\.\w+\(.*False.*rear", "set_fog_lights(which=rear, on=false)"),
    (r"fogLight\w*\.\w+\(.*False.*front", "set_fog_lights(which=front, on=false)"),
    (r"readingLight_switch\(.*True", "set_reading_light({seat}on=true)"),
    (r"readingLight_switch\(.*False", "set_reading_light({seat}on=false)"),
    (r"carSeat_heater_switch\(.*True", "set_seat_heating({seat}level=2)"),
    (r"carSeat_heater_switch\(.*False", "set_seat_heating({seat}level=0)"),
    (r"door_lock_switch\(.*True|carDoor_lock_switch\(.*switch=True", "set_lock({door}locked=true)"),
    (r"carDoor_lock_switch\(.*False", "set_lock({door}locked=false)"),
    (r"steeringWheel_heater_switch\(.*True", "set_steering_wheel_heating(level=2)"),
    (r"steeringWheel_heater_switch\(.*False", "set_steering_wheel_heating(level=0)"),
    (r"airConditioner\.temperature_increase", "set_temperature(change=2)"),
    (r"airConditioner\.temperature_decrease", "set_temperature(change=-2)"),
    (r"recycle_mode_switch\(mode=.external", "set_recirculation(on=false)"),
    (r"recycle_mode_switch\(mode=.internal", "set_recirculation(on=true)"),
    (r"auto_mode_switch\(.*True", "set_auto_climate(on=true)"),
    (r"(music|radio)_soundVolume_increase", "set_volume(change=10)"),
    (r"(music|radio)_soundVolume_decrease", "set_volume(change=-10)"),
    (r"music_local_play", "set_playback(action=play)"),
    (r"massager_switch\(.*True", "set_seat_massage({seat}level=2)"),
    (r"massager_switch\(.*False", "set_seat_massage({seat}level=0)"),
    (r"player_setMode\(.*Shuffle", "set_shuffle(on=true)"),
    (r"HUD\w*_switch\(.*True", "set_head_up_display(on=true)"),
    (r"HUD\w*_switch\(.*False", "set_head_up_display(on=false)"),
    (r"language_set\(.*Chinese", "set_language(language=chinese)"),
    (r"language_set\(.*English", "set_language(language=english)"),
    (r"navigation_exit\(", "navigate(place=none)"),
    (r"navigation_mapZoom\(.*Zoom in.*degree", "set_map_zoom(change=1)"),
    (r"navigation_mapZoom\(.*Zoom out.*degree", "set_map_zoom(change=-1)"),
    (r"navigation_soundVolume_increase\(degree", "set_guidance_volume(change=10)"),
    (r"navigation_soundVolume_decrease\(degree", "set_guidance_volume(change=-10)"),
    (r"window_switch\(.*all.*True", "set_window(window=all, percent=100)"),
    (r"window_switch\(.*all.*False", "set_window(window=all, percent=0)"),
    (r"trunk_switch\(.*open", "set_boot(open=true)"),
    (r"trunk_switch\(.*close", "set_boot(open=false)"),
    (r"Backrest_angle_increase\(.*(tiny|little)", "set_seat_recline({seat}change=2)"),
    (r"Backrest_angle_increase", "set_seat_recline({seat}change=5)"),
    (r"Backrest_angle_decrease\(.*(tiny|little)", "set_seat_recline({seat}change=-2)"),
    (r"Backrest_angle_decrease", "set_seat_recline({seat}change=-5)"),
    (r"carSeat_height_increase", "set_seat_height({seat}change=20)"),
    (r"carSeat_height_decrease", "set_seat_height({seat}change=-20)"),
    (r"wind_speed_increase", "set_fan(change=1)"),
    (r"wind_speed_decrease", "set_fan(change=-1)"),
    (r"defrost_mode_switch\(.*True", "set_front_defrost(on=true)"),
    (r"window_mode_childSafetyLock\(.*True", "set_window_lock(locked=true)"),
    (r"carDoor_mode_childSafetyLock\(.*True", "set_child_lock(locked=true)"),
    (r"purification_switch\(.*True", "set_air_purifier(on=true)"),
    (r"lowBeamHeadlight\.switch\(.*auto", "set_headlights(mode=auto)"),
    (r"phone_hangup\(", "set_call(action=hang_up)"),
    (r"phone_answer\(", "set_call(action=answer)"),
    (r"meter_unit\(.*Kilomet", "set_distance_unit(unit=kilometres)"),
    (r"meter_unit\(.*Mile", "set_distance_unit(unit=miles)"),
)
